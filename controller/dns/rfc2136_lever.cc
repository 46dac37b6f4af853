#include "controller/dns/rfc2136_lever.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/dns/dns_message.h"

namespace lifeboat {
namespace {

// Each name takes three sockets while it is read.
constexpr size_t kMostReadAtOnce = 32;
// A message by TCP holds 65,535, with its signature. As much as fits goes together: a secondary of
// BIND takes the second of two changes only half a second after the first.
constexpr size_t kMostUpdateBytes = 64'000;

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

constexpr size_t kQuestionsPerName = 3;

void AddQuestionsFor(const Endpoint& server, const std::string& hostname,
                     std::vector<DnsQuestion>& questions) {
  // What is no name is told by the client, with each question.
  const std::string name = AbsoluteName(hostname).value_or(hostname);
  questions.push_back({server, name, RrType::kA});
  questions.push_back({server, name, RrType::kAaaa});
  questions.push_back({server, OwnershipName(name), RrType::kTxt});
}

// What the answers to these questions say together.
absl::StatusOr<World> WorldIn(const std::string& hostname, const Endpoint& server,
                              absl::Span<const absl::StatusOr<DnsAnswer>> answers) {
  ASSIGN_OR_RETURN(const std::string name, AbsoluteName(hostname));
  std::vector<ResourceRecord> records;
  for (const absl::StatusOr<DnsAnswer>& answer : answers) {
    if (!answer.ok()) return ReadTrouble(Annotate(answer.status(), "reading " + name));
    const absl::Status authority = CheckAuthority(*answer);
    if (!authority.ok()) {
      return Annotate(authority, absl::StrCat("asking ", server.ToString(), " for ", name));
    }
    records.insert(records.end(), answer->answers.begin(), answer->answers.end());
  }
  World world{.records = RecordsOf(name, records)};
  ASSIGN_OR_RETURN(world.ownership, OwnershipIn(OwnershipName(name), *answers.back()));
  return world;
}

bool Stands(const Change& change, const absl::StatusOr<World>& world) {
  return world.ok() && world->records == change.records && world->ownership == change.ownership;
}

// What is so after the server said NOERROR.
PullResult JudgeApplied(const Change& change, const absl::StatusOr<World>& world) {
  if (!world.ok()) {
    return {PullOutcome::kUnknown,
            absl::UnknownError(
                absl::StrCat("it said NOERROR, but cannot be read back: ", Words(world.status())))};
  }
  if (Stands(change, world)) return {PullOutcome::kApplied, absl::OkStatus()};
  const std::string words = absl::StrCat(
      "it said NOERROR, but serves ", RecordsToString(world->records), " instead of ",
      RecordsToString(change.records), "; records of another type may stand at the name");
  const bool untouched =
      world->records == change.expect && world->ownership == change.expect_ownership;
  if (untouched) return {PullOutcome::kRefused, absl::FailedPreconditionError(words)};
  return {PullOutcome::kUnknown, absl::UnknownError(words)};
}

// Whether what became of an update of several is so for each of them: it was made, nobody knows, or
// the server was not reached. What the server (or we) would not do may be one hostname's fault.
bool IsForAll(const PullResult& result) {
  return result.outcome == PullOutcome::kApplied || result.outcome == PullOutcome::kUnknown ||
         (result.outcome == PullOutcome::kRefused && absl::IsUnavailable(result.status));
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
  return std::move(ReadAll({hostname})[0]);
}

std::vector<absl::StatusOr<World>> Rfc2136Lever::ReadAll(
    const std::vector<std::string>& hostnames) {
  std::vector<absl::StatusOr<World>> worlds;
  for (size_t begin = 0; begin < hostnames.size(); begin += kMostReadAtOnce) {
    const size_t end = std::min(begin + kMostReadAtOnce, hostnames.size());
    std::vector<DnsQuestion> questions;
    for (size_t i = begin; i < end; ++i) AddQuestionsFor(primary_, hostnames[i], questions);
    const std::vector<absl::StatusOr<DnsAnswer>> answers = client_.AskAll(questions, timeout_);
    for (size_t i = begin; i < end; ++i) {
      const absl::Span<const absl::StatusOr<DnsAnswer>> of_name(
          &answers[(i - begin) * kQuestionsPerName], kQuestionsPerName);
      worlds.push_back(WorldIn(hostnames[i], primary_, of_name));
    }
  }
  return worlds;
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
  if (wire->size() > kMostUpdateBytes) {
    return refused(absl::OutOfRangeError(absl::StrCat("an update of ", wire->size(), " bytes")));
  }
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

PullResult Rfc2136Lever::Pull(const Change& change) { return std::move(PullAll({change})[0]); }

std::vector<PullResult> Rfc2136Lever::PullAll(const std::vector<Change>& changes) {
  std::vector<PullResult> results(changes.size());
  std::vector<Pulled> group;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (absl::Status checked = CheckChange(changes[i]); !checked.ok()) {
      results[i] = {PullOutcome::kRefused, std::move(checked)};
      continue;
    }
    begun_[changes[i].hostname] = {changes[i].records, clock_.Now()};
    group.push_back({&changes[i], &results[i]});
  }
  if (!group.empty()) PullTogether(group);
  for (const Pulled& pulled : group) {
    pulled.result->status = Annotate(
        pulled.result->status, absl::StrCat("updating ", pulled.change->hostname, " at ", Who()));
  }
  return results;
}

// Halves rather than single updates: one hostname in the way of a hundred costs a dozen more, and
// secondaries hear of each.
void Rfc2136Lever::PullTogether(Group group) {
  std::vector<const Change*> changes;
  for (const Pulled& pulled : group) changes.push_back(pulled.change);
  const Sent sent = Send(MessageOf(apex_, changes));
  if (group.size() == 1 || IsForAll(sent.result)) return ReadBack(group, sent);
  const size_t half = (group.size() + 1) / 2;
  PullTogether(group.subspan(0, half));
  PullTogether(group.subspan(half));
}

// NOERROR is no proof (an addition beside a CNAME is skipped in silence), and a refusal that is not
// signed may be anybody's: the zone itself has the last word on both.
void Rfc2136Lever::ReadBack(Group group, const Sent& sent) {
  const PullOutcome outcome = sent.result.outcome;
  const bool unsigned_refusal =
      outcome == PullOutcome::kRefused && sent.answered && !sent.authentic;
  for (const Pulled& pulled : group) *pulled.result = sent.result;
  if (outcome != PullOutcome::kApplied && !unsigned_refusal) return;
  std::vector<std::string> hostnames;
  for (const Pulled& pulled : group) hostnames.push_back(pulled.change->hostname);
  const std::vector<absl::StatusOr<World>> worlds = ReadAll(hostnames);
  for (size_t i = 0; i < group.size(); ++i) {
    if (outcome == PullOutcome::kApplied) {
      *group[i].result = JudgeApplied(*group[i].change, worlds[i]);
    } else if (Stands(*group[i].change, worlds[i])) {
      group[i].result->outcome = PullOutcome::kUnknown;
    }
  }
}

Proof Rfc2136Lever::Prove(const std::string& hostname, const Records& records,
                          absl::Duration limit) {
  Proof proof;
  ProveAll({{hostname, records}}, limit, [&](size_t, Proof found) { proof = std::move(found); });
  return proof;
}

void Rfc2136Lever::ProveAll(const std::vector<ToProve>& names, absl::Duration limit,
                            absl::FunctionRef<void(size_t, Proof)> told) {
  const absl::Status known = servers_.list().empty() ? servers_.Refresh() : absl::OkStatus();
  std::vector<NameToProve> asked;
  std::vector<size_t> indexes;
  for (size_t i = 0; i < names.size(); ++i) {
    const absl::StatusOr<std::string> name = AbsoluteName(names[i].hostname);
    if (known.ok() && name.ok()) {
      asked.push_back(ToBeProven(*name, names[i]));
      indexes.push_back(i);
      continue;
    }
    const std::string words = Words(known.ok() ? name.status() : known);
    told(i, {.servers = {{primary_.ToString(), ServerState::kStale, words}}});
  }
  ProveAllAtServers(client_, asked, limit, [&](size_t i, Proof proof) {
    for (const std::string& nameless : servers_.without_address()) {
      proof.servers.push_back({nameless, ServerState::kUnasked, "no address of it was found"});
    }
    told(indexes[i], std::move(proof));
  });
}

NameToProve Rfc2136Lever::ToBeProven(const std::string& name, const ToProve& what) {
  // After a restart the pull was another process's: then the move began no later than now.
  Begun& begun = begun_[what.hostname];
  if (begun.records != what.records) begun = {what.records, clock_.Now()};
  NameToProve asked{.hostname = name, .records = what.records};
  for (const AuthoritativeServer& server : servers_.list()) {
    const std::optional<Instant> silent_since = servers_.SilentSince(server.endpoint);
    asked.servers.push_back({server, silent_since && *silent_since <= begun.at});
  }
  return asked;
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

LeverHealth Rfc2136Lever::Check() {
  LeverHealth health = Probe();
  const absl::Status servers = servers_.Refresh();
  if (health.state == LeverState::kOk && !servers.ok()) {
    return {LeverState::kErr, Words(servers)};
  }
  return health;
}

}  // namespace lifeboat
