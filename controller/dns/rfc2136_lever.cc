#include "controller/dns/rfc2136_lever.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/dns/dns_message.h"
#include "controller/dns/proof_at_servers.h"

namespace lifeboat {
namespace {

// A failed question in the codes of Lever::Read.
absl::Status ReadTrouble(const absl::Status& status) {
  return absl::IsPermissionDenied(status) ? status : absl::UnavailableError(Words(status));
}

absl::StatusOr<std::string> OwnershipIn(const std::string& name, const DnsAnswer& answer) {
  std::vector<std::string> texts;
  for (const ResourceRecord& record : answer.answers) {
    if (record.type == RrType::kTxt && record.owner == name) texts.push_back(record.value);
  }
  if (texts.empty()) return "";
  if (texts.size() == 1 && !texts[0].empty()) return texts[0];
  return absl::UnavailableError(
      absl::StrCat(texts.size(), " TXT records stand at ", name,
                   " where one of ours is expected; find out who wrote them, and delete them"));
}

LeverState StateOf(const absl::Status& status) {
  return absl::IsPermissionDenied(status) || absl::IsUnknown(status) ? LeverState::kUnauthorized
                                                                     : LeverState::kErr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Rfc2136Lever>> Rfc2136Lever::Make(const config::Lever& config,
                                                                 std::vector<Endpoint> resolvers,
                                                                 const Clock& clock,
                                                                 uint16_t server_port) {
  const config::Rfc2136& rfc2136 = config.rfc2136;
  const std::string context = absl::StrCat("lever \"", config.name, "\"");
  const auto key = TsigSecret::Make(rfc2136.key.name, rfc2136.key.algorithm, rfc2136.key.secret);
  if (!key.ok()) return Annotate(key.status(), context);
  const auto apex = AbsoluteName(config.zone);
  if (!apex.ok()) return Annotate(apex.status(), context);
  std::optional<IpAddress> source;
  if (!rfc2136.source_address.empty()) {
    const auto parsed = IpAddress::Parse(rfc2136.source_address);
    if (!parsed.ok()) return Annotate(parsed.status(), absl::StrCat(context, ": source_address"));
    source = *parsed;
  }
  AuthoritativeServers::Options servers{.zone = *apex,
                                        .primary = rfc2136.server,
                                        .fixed = rfc2136.authoritative,
                                        .resolvers = std::move(resolvers),
                                        .timeout = rfc2136.timeout,
                                        .port = server_port};
  return std::unique_ptr<Rfc2136Lever>(
      new Rfc2136Lever(config, *key, *apex, source, std::move(servers), clock));
}

Rfc2136Lever::Rfc2136Lever(const config::Lever& config, TsigSecret key, std::string apex,
                           std::optional<IpAddress> source, AuthoritativeServers::Options servers,
                           const Clock& clock)
    : name_(config.name),
      zone_(config.zone),
      apex_(std::move(apex)),
      primary_(config.rfc2136.server),
      key_(std::move(key)),
      timeout_(config.rfc2136.timeout),
      clock_(clock),
      client_(source),
      servers_(std::move(servers), client_, clock_) {}

std::string Rfc2136Lever::Who() const {
  return absl::StrCat(primary_.ToString(), " (zone ", zone_, ", key ", key_.name, ")");
}

absl::StatusOr<World> Rfc2136Lever::Read(const std::string& hostname) {
  ASSIGN_OR_RETURN(const std::string name, AbsoluteName(hostname));
  const std::string ownership_name = OwnershipName(name);
  const std::vector<absl::StatusOr<DnsAnswer>> answers =
      client_.AskAll({{primary_, name, RrType::kA},
                      {primary_, name, RrType::kAaaa},
                      {primary_, ownership_name, RrType::kTxt}},
                     timeout_);
  std::vector<ResourceRecord> records;
  for (const absl::StatusOr<DnsAnswer>& answer : answers) {
    if (!answer.ok()) return ReadTrouble(Annotate(answer.status(), "reading " + name));
    const absl::Status authority = CheckAuthority(*answer);
    if (!authority.ok()) {
      return Annotate(authority, absl::StrCat("asking ", primary_.ToString(), " for ", name));
    }
    records.insert(records.end(), answer->answers.begin(), answer->answers.end());
  }
  World world{.records = RecordsOf(name, records)};
  ASSIGN_OR_RETURN(world.ownership, OwnershipIn(ownership_name, *answers[2]));
  return world;
}

absl::Status Rfc2136Lever::CheckChange(const Change& change) const {
  ASSIGN_OR_RETURN(const std::string name, AbsoluteName(change.hostname));
  if (!IsInZone(name, apex_)) {
    return absl::InvalidArgumentError(
        absl::StrCat(change.hostname, " is not in zone ", zone_, " of lever \"", name_, "\""));
  }
  if (change.ttl < absl::Seconds(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a TTL of ", absl::FormatDuration(change.ttl), " is below 1 s"));
  }
  return absl::OkStatus();
}

Rfc2136Lever::Sent Rfc2136Lever::Send(const UpdateMessage& message) const {
  const auto refused = [](absl::Status status) {
    return Sent{.result = {PullOutcome::kRefused, std::move(status)}};
  };
  const absl::StatusOr<std::string> wire = message.ToWire(RandomMessageId());
  if (!wire.ok()) return refused(wire.status());
  const SignedMessage request = SignMessage(key_, *wire, clock_.WallNow());
  const absl::StatusOr<std::string> reply = client_.SendOnce(primary_, request.wire, timeout_);
  if (!reply.ok()) {
    const absl::Status& status = reply.status();
    if (absl::IsUnavailable(status) || absl::IsFailedPrecondition(status)) {
      return refused(absl::UnavailableError(Words(status)));
    }
    return Sent{.result = {PullOutcome::kUnknown, absl::UnknownError(Words(status))}};
  }
  const auto answer = ReadUpdateAnswer(key_, request, *reply, clock_.WallNow());
  if (!answer.ok()) {
    return Sent{.result = {PullOutcome::kUnknown, absl::UnknownError(Words(answer.status()))},
                .answered = true};
  }
  return Sent{.result = JudgeUpdateAnswer(*answer, apex_, key_.name),
              .answered = true,
              .authentic = answer->tsig.authentic};
}

PullResult Rfc2136Lever::Pull(const Change& change) {
  if (absl::Status checked = CheckChange(change); !checked.ok()) {
    return {PullOutcome::kRefused, std::move(checked)};
  }
  begun_[change.hostname] = {change.records, clock_.Now()};
  PullResult result = ReadBack(change, Send(MessageOf(apex_, change)));
  result.status =
      Annotate(result.status, absl::StrCat("updating ", change.hostname, " at ", Who()));
  return result;
}

// NOERROR is no proof (an addition beside a CNAME is skipped in silence), and a refusal that is not
// signed may be anybody's: the zone itself has the last word on both.
PullResult Rfc2136Lever::ReadBack(const Change& change, Sent sent) {
  const bool unsigned_refusal =
      sent.result.outcome == PullOutcome::kRefused && sent.answered && !sent.authentic;
  if (sent.result.outcome != PullOutcome::kApplied && !unsigned_refusal) return sent.result;
  const absl::StatusOr<World> world = Read(change.hostname);
  if (unsigned_refusal) {
    const bool stands =
        world.ok() && world->records == change.records && world->ownership == change.ownership;
    if (stands) sent.result.outcome = PullOutcome::kUnknown;
    return sent.result;
  }
  if (!world.ok()) {
    return {PullOutcome::kUnknown,
            absl::UnknownError(
                absl::StrCat("it said NOERROR, but cannot be read back: ", Words(world.status())))};
  }
  if (world->records == change.records && world->ownership == change.ownership) {
    return sent.result;
  }
  const std::string words = absl::StrCat(
      "it said NOERROR, but serves ", RecordsToString(world->records), " instead of ",
      RecordsToString(change.records), "; records of another type may stand at the name");
  const bool untouched =
      world->records == change.expect && world->ownership == change.expect_ownership;
  if (untouched) return {PullOutcome::kRefused, absl::FailedPreconditionError(words)};
  return {PullOutcome::kUnknown, absl::UnknownError(words)};
}

Proof Rfc2136Lever::Prove(const std::string& hostname, const Records& records,
                          absl::Duration limit) {
  const absl::Status known = servers_.list().empty() ? servers_.Refresh() : absl::OkStatus();
  const absl::StatusOr<std::string> name = AbsoluteName(hostname);
  if (!known.ok() || !name.ok()) {
    const std::string words = Words(known.ok() ? name.status() : known);
    return {.servers = {{primary_.ToString(), ServerState::kStale, words}}};
  }
  // After a restart the pull was another process's: then the move began no later than now.
  Begun& begun = begun_[hostname];
  if (begun.records != records) begun = {records, clock_.Now()};
  std::vector<ServerToProve> servers;
  for (const AuthoritativeServer& server : servers_.list()) {
    const std::optional<Instant> silent_since = servers_.SilentSince(server.endpoint);
    servers.push_back({server, silent_since && *silent_since <= begun.at});
  }
  Proof proof = ProveAtServers(client_, servers, *name, records, limit);
  for (const std::string& nameless : servers_.without_address()) {
    proof.servers.push_back({nameless, ServerState::kUnasked, "no address of it was found"});
  }
  return proof;
}

LeverHealth Rfc2136Lever::Probe() const {
  const Sent sent = Send(HarmlessMessage(apex_));
  const PullResult& result = sent.result;
  if (result.outcome == PullOutcome::kApplied) return {.state = LeverState::kOk};
  if (!sent.answered) {
    return {LeverState::kDown, absl::StrCat("updating through ", Who(), ": ", Words(result.status),
                                            "; is the name server up, and may we reach it?")};
  }
  return {StateOf(result.status),
          absl::StrCat("updating through ", Who(), ": ", Words(result.status))};
}

void Rfc2136Lever::Check() {
  LeverHealth health = Probe();
  const absl::Status servers = servers_.Refresh();
  if (health.state == LeverState::kOk && !servers.ok()) {
    health = {LeverState::kErr, Words(servers)};
  }
  MutexLock lock(mutex_);
  health_ = std::move(health);
}

LeverHealth Rfc2136Lever::Health() const {
  MutexLock lock(mutex_);
  return health_;
}

}  // namespace lifeboat
