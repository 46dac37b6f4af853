#ifndef LIFEBOAT_CONTROLLER_DNS_DNS_MESSAGE_H_
#define LIFEBOAT_CONTROLLER_DNS_DNS_MESSAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controller/failover/lever.h"

// DNS questions and their answers as values (RFC 1035). Names are absolute, lower-case, with a
// final dot; what leaves here as text is escaped as in a zone file.
namespace lifeboat {

enum class RrType : uint16_t { kA = 1, kNs = 2, kCname = 5, kSoa = 6, kTxt = 16, kAaaa = 28 };
RrType RrTypeOf(RecordType type);

struct ResourceRecord {
  std::string owner;
  RrType type = RrType::kA;
  std::string value;  // address, name, or the text of a TXT; zone-file text for other types
};

struct DnsAnswer {
  int rcode = 0;
  bool authoritative = false;
  bool truncated = false;
  std::vector<ResourceRecord> answers;
  std::vector<ResourceRecord> additional;
};

// "www.Example.net" or "www.example.net." as "www.example.net."; INVALID_ARGUMENT for what is no
// name.
absl::StatusOr<std::string> AbsoluteName(absl::string_view name);
// Whether absolute `name` is `zone` or below it.
bool IsInZone(absl::string_view name, absl::string_view zone);

// A question as wire bytes, class IN; its ID is 0 until `SetMessageId`.
absl::StatusOr<std::string> MakeQuestion(absl::string_view name, RrType type,
                                         bool recursion_desired);
void SetMessageId(std::string& message, uint16_t id);
// Of at least 12 bytes, or 0.
uint16_t MessageId(absl::string_view message);
// Whether `reply` is the reply to `message`: same ID and opcode, QR set, and where it repeats the
// first section, the same entry there. Cheap; looks at nothing else.
bool IsReplyTo(absl::string_view message, absl::string_view reply);

// OK if the server speaks with authority, also where it says that there is nothing. Else
// PERMISSION_DENIED (it refuses us) or UNAVAILABLE, in words such as "it answers SERVFAIL".
absl::Status CheckAuthority(const DnsAnswer& answer);

// Reads any bytes. DATA_LOSS when they are no DNS message.
absl::StatusOr<DnsAnswer> ParseAnswer(absl::string_view wire);

// The A, AAAA and CNAME of `owner` among `records`, sorted, without repeats.
Records RecordsOf(absl::string_view owner, const std::vector<ResourceRecord>& records);

// "NXRRSET", "REFUSED", …, or the number.
std::string RcodeName(int rcode);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_DNS_MESSAGE_H_
