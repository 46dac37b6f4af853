#ifndef LIFEBOAT_CONTROLLER_DNS_UPDATE_MESSAGE_H_
#define LIFEBOAT_CONTROLLER_DNS_UPDATE_MESSAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controller/dns/dns_message.h"
#include "controller/dns/ldns_handles.h"
#include "controller/dns/tsig.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// Builds a DNS UPDATE (RFC 2136): conditions, all of which must hold, and changes that are then
// made in order, all or none. Names and values that are none make `ToWire` fail.
class UpdateMessage {
 public:
  explicit UpdateMessage(absl::string_view zone);

  // The RRset must exist with exactly these values; with none it must not exist.
  void Require(absl::string_view name, RrType type, const std::vector<std::string>& values);
  // The RRset must exist, whatever its values.
  void RequireSome(absl::string_view name, RrType type);
  void Delete(absl::string_view name, RrType type);
  void Add(absl::string_view name, RrType type, absl::Duration ttl, const std::string& value);

  // No name is compressed, so that the bytes depend on nothing but the content.
  absl::StatusOr<std::string> ToWire(uint16_t id) const;

 private:
  void Push(ldns_rr_list* list, absl::string_view name, RrType type, ldns_rr_class rr_class,
            absl::Duration ttl, const std::string* value);

  std::string zone_;
  Ldns<ldns_rr_list> prerequisites_;
  Ldns<ldns_rr_list> updates_;
  absl::Status trouble_;
};

// Where the ownership of a hostname is written: "_lifeboat.<hostname>".
std::string OwnershipName(absl::string_view hostname);

// `change` as one message: exactly what it expects stands (and no other A, AAAA or CNAME), and the
// ownership too; then all of it is deleted and added anew. The deletions look redundant, but an
// addition beside a CNAME is skipped in silence, and Knot ignores an addition that only changes the
// TTL. Where the records stay the same they are required and not touched.
UpdateMessage MessageOf(absl::string_view zone, const Change& change);
// Several changes in one message: all of them are made, or none.
UpdateMessage MessageOf(absl::string_view zone, const std::vector<const Change*>& changes);
// A message that changes nothing and is accepted only with a good signature.
UpdateMessage HarmlessMessage(absl::string_view zone);

// What came back for a signed UPDATE, as far as it may be believed.
struct UpdateAnswer {
  int rcode = 0;
  TsigReply tsig;
};
// The checks of RFC 8945 in their order. DATA_LOSS: it is not an answer to `request` at all.
absl::StatusOr<UpdateAnswer> ReadUpdateAnswer(const TsigSecret& key, const SignedMessage& request,
                                              absl::string_view reply, absl::Time now);

// What an answer means for the change that was asked for. `status` says what to do; it does not
// name the server.
PullResult JudgeUpdateAnswer(const UpdateAnswer& answer, absl::string_view zone,
                             absl::string_view key_name);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_DNS_UPDATE_MESSAGE_H_
