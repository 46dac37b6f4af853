#include "controller/admin/testing/snapshots.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/failover/rule_keys.h"

namespace lifeboat::admin {
namespace {

const Instant kNow = Instant::SinceBoot(absl::Hours(100));

const std::vector<Vantage>& Vantages() {
  static const auto* const kVantages = new std::vector<Vantage>{
      {.name = "fra", .weight = 1, .asn = 24940, .country = "DE", .continent = "EU"},
      {.name = "lon", .weight = 1, .asn = 20473, .country = "GB", .continent = "EU"},
      {.name = "ams", .weight = 1, .asn = 14061, .country = "NL", .continent = "EU"},
      {.name = "syd", .weight = 1, .asn = 45102, .country = "AU", .continent = "OC"},
  };
  return *kVantages;
}

// One key of all is given; the others have their defaults.
const KeyPlaces& Places() {
  static const auto* const kPlaces = new KeyPlaces{{"quorum.hold", "controller.yaml:14"}};
  return *kPlaces;
}

Evidence Seen(ProbeClass probe_class, int status, absl::Duration latency, Instant now) {
  return {.probe_class = probe_class,
          .http_status = status,
          .latency = latency,
          .at = now - absl::Milliseconds(400),
          .address = "192.0.2.80",
          .detail = IsGood(probe_class) ? "" : "the edge answered 502 without the origin's marker"};
}

Vote VoteOf(char letter, Instant now) {
  switch (letter) {
    case 'U':
      return {.kind = VoteKind::kUp,
              .abstention = Abstention::kNone,
              .by_name = Seen(ProbeClass::kOk, 200, absl::Milliseconds(41), now)};
    case 'D':
      return {.kind = VoteKind::kDown,
              .abstention = Abstention::kNone,
              .by_name = Seen(ProbeClass::kHttpEdge, 502, absl::Milliseconds(12), now)};
    case 'G':
      return {.kind = VoteKind::kDegraded,
              .abstention = Abstention::kNone,
              .by_name = Seen(ProbeClass::kSlow, 200, absl::Milliseconds(1300), now)};
    case 'P':
      return {.kind = VoteKind::kAbstain,
              .abstention = Abstention::kPanelBad,
              .why = "2 of 5 panel targets answer"};
    default:
      return {};
  }
}

PathSnapshot PathOf(const Path& path, absl::string_view letters, const QuorumPolicy& policy) {
  PathSnapshot snapshot{.path = path, .tally = {}, .ballots = VotesOf(letters, kNow)};
  snapshot.tally = Count(policy, snapshot.ballots);
  snapshot.verdict_for = absl::Hours(3);
  return snapshot;
}

}  // namespace

Ballots VotesOf(absl::string_view letters, Instant now) {
  Ballots ballots;
  for (size_t i = 0; i < Vantages().size(); ++i) {
    ballots.push_back({Vantages()[i], VoteOf(i < letters.size() ? letters[i] : '_', now)});
  }
  return ballots;
}

ServiceSnapshot EdgeService(const std::string& name, absl::string_view edge,
                            absl::string_view exit) {
  ServiceSnapshot service;
  service.name = name;
  service.hostname = absl::StrCat(name, ".example.net");
  service.phase = Phase::kServingEdge;
  service.paths = {PathOf(Path::Edge(), edge, service.quorum),
                   PathOf(Path::Exit("nyc"), exit, service.quorum)};
  const Tally& edge_tally = service.paths[0].tally;
  const Tally& exit_tally = service.paths[1].tally;
  const ExitFacts exit_facts{.name = "nyc", .tally = exit_tally, .connected = true};
  service.cause = Attribute(service.quorum, edge_tally, {exit_facts});
  service.cause_words = Words(service.cause, edge_tally, "nyc");
  service.target = Path::Exit("nyc");
  service.levers = {"own"};
  service.armed = true;
  service.rules = {
      {"epoch", true, "nobody knows a higher epoch"},
      {"journal", true, "it can be written"},
      {"verdict", edge_tally.verdict == Verdict::kDown,
       absl::StrCat("edge is ", VerdictName(edge_tally.verdict), " (",
                    Words(service.quorum, edge_tally), ")")},
      {"hold", false, "0s of 10s"},
      {"not paused", true, "no pause is in force"},
      {"attribution", true, absl::StrCat(AttributionName(service.cause.attribution))},
      {"target up", exit_tally.verdict == Verdict::kUp,
       absl::StrCat("exit/nyc is ", VerdictName(exit_tally.verdict), " (",
                    Words(service.quorum, exit_tally), ")")},
      {"exit connected", true, "exit/nyc listens to this controller"},
      {"tunnel up", true, "the origin's connector is connected to exit/nyc"},
      {"lever", true, "own is OK"},
      {"records", true, "DNS says what is expected"},
  };
  if (exit_tally.verdict != Verdict::kUp) {
    SetRule(service, "target up", false, service.rules[6].words);
  }
  NameKeys(Places(), service.rules);
  return service;
}

ServiceSnapshot ExitService(const std::string& name, absl::string_view edge,
                            absl::string_view exit) {
  ServiceSnapshot service = EdgeService(name, edge, exit);
  service.phase = Phase::kServingExit;
  service.serves = Path::Exit("nyc");
  service.target = Path::Edge();
  service.rules.clear();
  service.armed = false;
  service.failback = {
      {"clean for", false, "1h12m of 2h", absl::Minutes(48)},
      {"coverage", true, "4 of 4 vantages see the edge", absl::ZeroDuration()},
      {"lever", true, "one works", absl::ZeroDuration()},
      {"records", true, "DNS says what is expected", absl::ZeroDuration()},
  };
  service.proof = {
      {"ns1.example.net. 192.0.2.53:53", ServerState::kProven, "A 203.0.113.10"},
      {"ns2.example.net. [2001:db8::53]:53", ServerState::kUnasked, "no route to IPv6"},
  };
  return service;
}

void SetRule(ServiceSnapshot& service, absl::string_view rule, bool ok, const std::string& words) {
  for (RuleAnswer& answer : service.rules) {
    if (answer.name != rule) continue;
    answer.ok = ok;
    answer.words = words;
    NameKeys(Places(), service.rules);
    if (ok || rule == "verdict" || rule == "hold") continue;
    service.armed = false;
    if (service.unarmed_why.empty()) service.unarmed_why = absl::StrCat(rule, ": ", words);
  }
}

void CountHold(ServiceSnapshot& service, absl::Duration down_for) {
  service.paths[0].verdict_for = down_for;
  service.hold_done = std::min(down_for, service.quorum.hold);
  SetRule(service, "hold", down_for >= service.quorum.hold,
          absl::StrCat(absl::FormatDuration(service.hold_done), " of 10s"));
  for (const RuleAnswer& rule : service.rules) {
    if (rule.ok) continue;
    service.waiting_for = absl::StrCat(rule.name, ": ", rule.words);
    break;
  }
}

void BeginMove(ServiceSnapshot& service, const Path& to, Stage stage) {
  service.phase = to.is_edge()              ? Phase::kFailingBack
                  : stage == Stage::kIntent ? Phase::kIntent
                                            : Phase::kApplying;
  service.target = to;
  service.move = Move{.id = "01K9T7Q3ZJ5Y",
                      .from = service.serves,
                      .to = to,
                      .stage = stage,
                      .lever = stage >= Stage::kPulling ? "own" : "",
                      .reason = "edge is DOWN (share 1.00 of 4 voters), attribution EDGE",
                      .requested_by = to.is_edge() ? "person/anna" : "quorum"};
}

Snapshot SnapshotOf(std::vector<ServiceSnapshot> services) {
  Snapshot snapshot;
  snapshot.sequence = 7;
  snapshot.now = kNow;
  snapshot.wall = absl::FromCivil(absl::CivilSecond(2026, 11, 21, 3, 12, 47), absl::UTCTimeZone());
  snapshot.controller = "ctl-1";
  snapshot.epoch = {.generation = 1, .revision = 41};
  for (const Vantage& vantage : Vantages()) {
    snapshot.vantages.push_back({.vantage = vantage,
                                 .connected = true,
                                 .address = "198.51.100.7:41000",
                                 .version = "0.1.0",
                                 .lag = absl::Milliseconds(2),
                                 .round_trip = absl::Milliseconds(18),
                                 .observations = 1234,
                                 .panel_good = 5,
                                 .panel_size = 5});
  }
  ExitSnapshot exit{.name = "nyc",
                    .addresses = {"203.0.113.10"},
                    .asn = 20473,
                    .country = "US",
                    .status = {.connected = true,
                               .highest_epoch = snapshot.epoch,
                               .version = "0.1.0",
                               .transport = "tcp (clear)",
                               .trouble = "",
                               .address = "203.0.113.10:50000",
                               .services = {}}};
  LeverSnapshot lever{.name = "own",
                      .kind = "rfc2136",
                      .zone = "example.net",
                      .health = {.state = LeverState::kOk, .why = ""},
                      .arms = {}};
  for (const ServiceSnapshot& service : services) {
    exit.status.services[service.name] = {.open = !service.serves.is_edge(),
                                          .listening = true,
                                          .trouble = "",
                                          .tunnel_up = true,
                                          .tunnel_for = absl::Hours(3),
                                          .upstream = Upstream::kAnswered};
    lever.arms.push_back(service.name);
  }
  snapshot.exits = {exit};
  snapshot.levers = {lever};
  snapshot.services = std::move(services);
  return snapshot;
}

Snapshot AllWell() {
  return SnapshotOf({EdgeService("web", "UUUU", "UUUU"), EdgeService("git", "UUUU", "UUUU")});
}

}  // namespace lifeboat::admin
