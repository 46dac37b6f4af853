#include "controller/dns/dns_message.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/dns/ldns_handles.h"

namespace lifeboat {
namespace {

constexpr size_t kHeaderBytes = 12;

std::string TextOf(const ldns_rdf* rdf) {
  const std::unique_ptr<char, decltype(&std::free)> text(ldns_rdf2str(rdf), &std::free);
  return text ? std::string(text.get()) : "";
}

std::string NameOf(const ldns_rdf* rdf) { return absl::AsciiStrToLower(TextOf(rdf)); }

// All strings of a TXT behind one another.
std::string TxtOf(const ldns_rr* rr) {
  std::string text;
  for (size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    const ldns_rdf* piece = ldns_rr_rdf(rr, i);
    if (ldns_rdf_size(piece) < 1) continue;
    const auto* data = reinterpret_cast<const char*>(ldns_rdf_data(piece));
    text.append(data + 1, ldns_rdf_size(piece) - 1);
  }
  return text;
}

std::string ValueOf(const ldns_rr* rr) {
  if (ldns_rr_rd_count(rr) == 0) return "";
  const ldns_rdf* first = ldns_rr_rdf(rr, 0);
  switch (ldns_rr_get_type(rr)) {
    case LDNS_RR_TYPE_TXT:
      return TxtOf(rr);
    case LDNS_RR_TYPE_CNAME:
    case LDNS_RR_TYPE_NS:
      return NameOf(first);
    default:
      return TextOf(first);
  }
}

std::vector<ResourceRecord> RecordsIn(const ldns_rr_list* list) {
  std::vector<ResourceRecord> records;
  for (size_t i = 0; list != nullptr && i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN) continue;
    records.push_back({.owner = NameOf(ldns_rr_owner(rr)),
                       .type = static_cast<RrType>(ldns_rr_get_type(rr)),
                       .value = ValueOf(rr)});
  }
  return records;
}

// The bytes of the only entry of the first section (question or zone), lower-case; empty if there
// is none or it is compressed or cut short.
std::string FirstEntry(absl::string_view message) {
  if (message.size() < kHeaderBytes || message[4] != 0 || message[5] != 1) return "";
  size_t end = kHeaderBytes;
  while (end < message.size() && message[end] != 0) {
    const auto length = static_cast<unsigned char>(message[end]);
    if (length > 63) return "";
    end += 1 + length;
  }
  if (end + 5 > message.size()) return "";
  return absl::AsciiStrToLower(message.substr(kHeaderBytes, end + 5 - kHeaderBytes));
}

std::optional<RecordType> RecordTypeOf(RrType type) {
  switch (type) {
    case RrType::kA:
      return RecordType::kA;
    case RrType::kAaaa:
      return RecordType::kAaaa;
    case RrType::kCname:
      return RecordType::kCname;
    default:
      return std::nullopt;
  }
}

}  // namespace

RrType RrTypeOf(RecordType type) {
  switch (type) {
    case RecordType::kA:
      return RrType::kA;
    case RecordType::kAaaa:
      return RrType::kAaaa;
    case RecordType::kCname:
      return RrType::kCname;
  }
  return RrType::kA;
}

absl::StatusOr<std::string> AbsoluteName(absl::string_view name) {
  const Ldns<ldns_rdf> parsed(ldns_dname_new_frm_str(std::string(name).c_str()));
  if (name.empty() || parsed == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no DNS name"));
  }
  return NameOf(parsed.get());
}

bool IsInZone(absl::string_view name, absl::string_view zone) {
  if (zone == "." || name == zone) return true;
  return absl::EndsWith(name, absl::StrCat(".", zone));
}

absl::StatusOr<std::string> MakeQuestion(absl::string_view name, RrType type,
                                         bool recursion_desired) {
  ASSIGN_OR_RETURN(const std::string absolute, AbsoluteName(name));
  const Ldns<ldns_pkt> packet(ldns_pkt_query_new(ldns_dname_new_frm_str(absolute.c_str()),
                                                 static_cast<ldns_rr_type>(type), LDNS_RR_CLASS_IN,
                                                 0));
  if (packet == nullptr) return absl::InternalError("ldns made no question");
  ldns_pkt_set_rd(packet.get(), recursion_desired);
  uint8_t* wire = nullptr;
  size_t size = 0;
  const ldns_status made = ldns_pkt2wire(&wire, packet.get(), &size);
  const std::unique_ptr<uint8_t, decltype(&std::free)> owned(wire, &std::free);
  if (made != LDNS_STATUS_OK) return absl::InternalError(ldns_get_errorstr_by_id(made));
  return std::string(reinterpret_cast<const char*>(wire), size);
}

void SetMessageId(std::string& message, uint16_t id) {
  message[0] = static_cast<char>(id >> 8);
  message[1] = static_cast<char>(id & 0xff);
}

uint16_t MessageId(absl::string_view message) {
  if (message.size() < kHeaderBytes) return 0;
  return static_cast<uint16_t>(static_cast<unsigned char>(message[0]) << 8 |
                               static_cast<unsigned char>(message[1]));
}

bool IsReplyTo(absl::string_view message, absl::string_view reply) {
  if (reply.size() < kHeaderBytes || message.size() < kHeaderBytes) return false;
  constexpr int kOpcodeMask = 0x78, kQr = 0x80;
  if (MessageId(message) != MessageId(reply) || (reply[2] & kQr) == 0) return false;
  if ((message[2] & kOpcodeMask) != (reply[2] & kOpcodeMask)) return false;
  const bool repeats = reply[4] != 0 || reply[5] != 0;
  return !repeats || FirstEntry(message) == FirstEntry(reply);
}

absl::StatusOr<DnsAnswer> ParseAnswer(absl::string_view wire) {
  ldns_pkt* raw = nullptr;
  const ldns_status read =
      ldns_wire2pkt(&raw, reinterpret_cast<const uint8_t*>(wire.data()), wire.size());
  const Ldns<ldns_pkt> packet(read == LDNS_STATUS_OK ? raw : nullptr);
  if (packet == nullptr) {
    return absl::DataLossError(absl::StrCat(
        "an answer of ", wire.size(), " bytes is no DNS message: ", ldns_get_errorstr_by_id(read)));
  }
  return DnsAnswer{.rcode = ldns_pkt_get_rcode(packet.get()),
                   .authoritative = ldns_pkt_aa(packet.get()),
                   .truncated = ldns_pkt_tc(packet.get()),
                   .answers = RecordsIn(ldns_pkt_answer(packet.get())),
                   .additional = RecordsIn(ldns_pkt_additional(packet.get()))};
}

absl::Status CheckAuthority(const DnsAnswer& answer) {
  const std::string words = absl::StrCat("it answers ", RcodeName(answer.rcode));
  if (answer.rcode == LDNS_RCODE_REFUSED || answer.rcode == LDNS_RCODE_NOTAUTH) {
    return absl::PermissionDeniedError(words);
  }
  if (answer.rcode != LDNS_RCODE_NOERROR && answer.rcode != LDNS_RCODE_NXDOMAIN) {
    return absl::UnavailableError(words);
  }
  if (answer.authoritative) return absl::OkStatus();
  return absl::UnavailableError("it is not authoritative for the zone");
}

Records RecordsOf(absl::string_view owner, const std::vector<ResourceRecord>& records) {
  Records found;
  for (const ResourceRecord& record : records) {
    const std::optional<RecordType> type = RecordTypeOf(record.type);
    if (type && record.owner == owner) found.push_back({*type, record.value});
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::string RcodeName(int rcode) {
  constexpr const char* kNames[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                    "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                    "NXRRSET", "NOTAUTH", "NOTZONE"};
  if (rcode >= 0 && rcode < static_cast<int>(std::size(kNames))) return kNames[rcode];
  return absl::StrCat("rcode ", rcode);
}

}  // namespace lifeboat
