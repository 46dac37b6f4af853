#include "controller/dns/update_message.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr RecordType kMovable[] = {RecordType::kCname, RecordType::kA, RecordType::kAaaa};
constexpr size_t kMostTxtString = 255;

// The RDATA of a TXT: strings of at most 255 octets, not escaped.
bool PushText(ldns_rr* rr, const std::string& text) {
  for (size_t begin = 0; begin == 0 || begin < text.size(); begin += kMostTxtString) {
    const std::string piece = text.substr(begin, kMostTxtString);
    const std::string octets = absl::StrCat(std::string(1, static_cast<char>(piece.size())), piece);
    ldns_rdf* rdf = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, octets.size(), octets.data());
    if (rdf == nullptr || !ldns_rr_push_rdf(rr, rdf)) return false;
  }
  return true;
}

bool PushValue(ldns_rr* rr, RrType type, const std::string& value) {
  if (type == RrType::kTxt) return PushText(rr, value);
  const ldns_rdf_type kind = type == RrType::kA      ? LDNS_RDF_TYPE_A
                             : type == RrType::kAaaa ? LDNS_RDF_TYPE_AAAA
                                                     : LDNS_RDF_TYPE_DNAME;
  ldns_rdf* rdf = ldns_rdf_new_frm_str(kind, value.c_str());
  return rdf != nullptr && ldns_rr_push_rdf(rr, rdf);
}

std::vector<std::string> ValuesOf(const Records& records, RecordType type) {
  std::vector<std::string> values;
  for (const Record& record : records) {
    if (record.type == type) values.push_back(record.value);
  }
  return values;
}

std::vector<std::string> OneOrNone(const std::string& text) {
  return text.empty() ? std::vector<std::string>{} : std::vector<std::string>{text};
}

std::string SkewWords(absl::Duration server_ahead) {
  return absl::StrCat("its clock is ", absl::FormatDuration(absl::AbsDuration(server_ahead)),
                      server_ahead < absl::ZeroDuration() ? " behind" : " ahead of",
                      " ours; set the clock that is wrong (NTP)");
}

absl::Status TsigTrouble(const UpdateAnswer& answer, absl::string_view zone,
                         absl::string_view key_name) {
  switch (answer.tsig.error) {
    case TsigError::kBadSig:
      return absl::PermissionDeniedError(
          absl::StrCat("BADSIG: the secret of key ", key_name,
                       " is not the server's; copy the server's secret and algorithm"));
    case TsigError::kBadKey:
      return absl::PermissionDeniedError(absl::StrCat(
          "BADKEY: the server knows no key ", key_name,
          " for this; compare key name and algorithm with its configuration and let the key ",
          "update zone ", zone));
    case TsigError::kBadTime:
      return absl::PermissionDeniedError(absl::StrCat(
          "BADTIME: ", answer.tsig.authentic
                           ? SkewWords(answer.tsig.server_ahead)
                           : "its clock and ours are too far apart; compare them (NTP)"));
    case TsigError::kBadTrunc:
      return absl::PermissionDeniedError("BADTRUNC: the server wants another length of signature");
    case TsigError::kNone:
      break;
  }
  return absl::PermissionDeniedError(absl::StrCat(
      "NOTAUTH: the server is not the primary of zone ", zone, " or does not take key ", key_name,
      "; compare `server` and `zone` with its configuration"));
}

absl::Status Refusal(const UpdateAnswer& answer, absl::string_view zone,
                     absl::string_view key_name) {
  switch (answer.rcode) {
    case LDNS_RCODE_SERVFAIL:
      return absl::UnavailableError(
          absl::StrCat("SERVFAIL: the server has trouble with zone ", zone,
                       " (disk, journal, frozen or expired); look at its log"));
    case LDNS_RCODE_REFUSED:
      return absl::PermissionDeniedError(
          absl::StrCat("REFUSED: key ", key_name, " may not do this in zone ", zone,
                       "; grant it (BIND: update-policy) for the name and for _lifeboat below "
                       "it; PowerDNS says so of a wrong key or clock too"));
    case LDNS_RCODE_NOTAUTH:
      return TsigTrouble(answer, zone, key_name);
    case LDNS_RCODE_NOTIMPL:
      return absl::FailedPreconditionError(
          "NOTIMP: the server takes no dynamic updates; turn them on, or use another lever");
    case LDNS_RCODE_NOTZONE:
      return absl::FailedPreconditionError(absl::StrCat("NOTZONE: a name lies outside zone ", zone,
                                                        "; compare the hostname with `zone`"));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat(RcodeName(answer.rcode),
                       ": the server does not understand the update; report this as a bug, with "
                       "the server's version"));
  }
}

bool IsConflict(int rcode) {
  return rcode == LDNS_RCODE_NXDOMAIN || rcode == LDNS_RCODE_YXDOMAIN ||
         rcode == LDNS_RCODE_YXRRSET || rcode == LDNS_RCODE_NXRRSET;
}

}  // namespace

UpdateMessage::UpdateMessage(absl::string_view zone)
    : zone_(zone), prerequisites_(ldns_rr_list_new()), updates_(ldns_rr_list_new()) {}

void UpdateMessage::Push(ldns_rr_list* list, absl::string_view name, RrType type,
                         ldns_rr_class rr_class, absl::Duration ttl, const std::string* value) {
  Ldns<ldns_rr> rr(ldns_rr_new());
  ldns_rdf* owner = ldns_dname_new_frm_str(std::string(name).c_str());
  if (owner == nullptr) {
    trouble_ = absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no DNS name"));
    return;
  }
  ldns_rr_set_owner(rr.get(), owner);
  ldns_rr_set_type(rr.get(), static_cast<ldns_rr_type>(type));
  ldns_rr_set_class(rr.get(), rr_class);
  ldns_rr_set_ttl(rr.get(), static_cast<uint32_t>(absl::ToInt64Seconds(ttl)));
  if (value != nullptr && !PushValue(rr.get(), type, *value)) {
    trouble_ = absl::InvalidArgumentError(
        absl::StrCat("\"", *value, "\" is no value for a record of ", name));
    return;
  }
  ldns_rr_list_push_rr(list, rr.release());
}

void UpdateMessage::Require(absl::string_view name, RrType type,
                            const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    Push(prerequisites_.get(), name, type, LDNS_RR_CLASS_IN, absl::ZeroDuration(), &value);
  }
  if (values.empty()) {
    Push(prerequisites_.get(), name, type, LDNS_RR_CLASS_NONE, absl::ZeroDuration(), nullptr);
  }
}

void UpdateMessage::RequireSome(absl::string_view name, RrType type) {
  Push(prerequisites_.get(), name, type, LDNS_RR_CLASS_ANY, absl::ZeroDuration(), nullptr);
}

void UpdateMessage::Delete(absl::string_view name, RrType type) {
  Push(updates_.get(), name, type, LDNS_RR_CLASS_ANY, absl::ZeroDuration(), nullptr);
}

void UpdateMessage::Add(absl::string_view name, RrType type, absl::Duration ttl,
                        const std::string& value) {
  Push(updates_.get(), name, type, LDNS_RR_CLASS_IN, ttl, &value);
}

absl::StatusOr<std::string> UpdateMessage::ToWire(uint16_t id) const {
  if (!trouble_.ok()) return trouble_;
  ldns_rdf* zone = ldns_dname_new_frm_str(zone_.c_str());
  if (zone == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("\"", zone_, "\" is no zone"));
  }
  const Ldns<ldns_pkt> packet(
      ldns_update_pkt_new(zone, LDNS_RR_CLASS_IN, prerequisites_.get(), updates_.get(), nullptr));
  if (packet == nullptr) return absl::InternalError("ldns made no UPDATE");
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_rd(packet.get(), false);
  const Ldns<ldns_buffer> buffer(ldns_buffer_new(LDNS_MIN_BUFLEN));
  const ldns_status made = ldns_pkt2buffer_wire_compress(buffer.get(), packet.get(), nullptr);
  if (made != LDNS_STATUS_OK) return absl::InternalError(ldns_get_errorstr_by_id(made));
  return std::string(reinterpret_cast<const char*>(ldns_buffer_begin(buffer.get())),
                     ldns_buffer_position(buffer.get()));
}

std::string OwnershipName(absl::string_view hostname) {
  return absl::StrCat("_lifeboat.", hostname);
}

namespace {

void AddChange(const Change& change, UpdateMessage& message) {
  const std::string ownership_name = OwnershipName(change.hostname);
  for (const RecordType type : kMovable) {
    message.Require(change.hostname, RrTypeOf(type), ValuesOf(change.expect, type));
  }
  message.Require(ownership_name, RrType::kTxt, OneOrNone(change.expect_ownership));
  if (change.records != change.expect) {
    for (const RecordType type : kMovable) message.Delete(change.hostname, RrTypeOf(type));
    for (const Record& record : change.records) {
      message.Add(change.hostname, RrTypeOf(record.type), change.ttl, record.value);
    }
  }
  message.Delete(ownership_name, RrType::kTxt);
  for (const std::string& text : OneOrNone(change.ownership)) {
    message.Add(ownership_name, RrType::kTxt, change.ttl, text);
  }
}

}  // namespace

UpdateMessage MessageOf(absl::string_view zone, const Change& change) {
  return MessageOf(zone, std::vector<const Change*>{&change});
}

UpdateMessage MessageOf(absl::string_view zone, const std::vector<const Change*>& changes) {
  UpdateMessage message(zone);
  for (const Change* change : changes) AddChange(*change, message);
  return message;
}

UpdateMessage HarmlessMessage(absl::string_view zone) {
  UpdateMessage message(zone);
  message.RequireSome(zone, RrType::kSoa);
  return message;
}

absl::StatusOr<UpdateAnswer> ReadUpdateAnswer(const TsigSecret& key, const SignedMessage& request,
                                              absl::string_view reply, absl::Time now) {
  if (!IsReplyTo(request.wire, reply)) {
    return absl::DataLossError(
        absl::StrCat("what came back (", reply.size(), " bytes) is no answer to our update"));
  }
  return UpdateAnswer{.rcode = reply[3] & 0x0f, .tsig = VerifyReply(key, request.mac, reply, now)};
}

PullResult JudgeUpdateAnswer(const UpdateAnswer& answer, absl::string_view zone,
                             absl::string_view key_name) {
  // Only a refusal may be believed of a server that could not sign: it did not know our key.
  const bool believed = answer.tsig.authentic;
  if (believed && answer.rcode == LDNS_RCODE_NOERROR) {
    return {PullOutcome::kApplied, absl::OkStatus()};
  }
  if (believed && IsConflict(answer.rcode)) {
    return {PullOutcome::kConflict,
            absl::AbortedError(absl::StrCat(RcodeName(answer.rcode),
                                            ": other records stand there than were expected"))};
  }
  if (answer.rcode == LDNS_RCODE_NOERROR || IsConflict(answer.rcode)) {
    return {PullOutcome::kUnknown,
            absl::UnknownError(
                absl::StrCat("it answered ", RcodeName(answer.rcode), ", but ", answer.tsig.why_not,
                             "; somebody else may have answered, or the key differs"))};
  }
  return {PullOutcome::kRefused, Refusal(answer, zone, key_name)};
}

}  // namespace lifeboat
