#include "controller/admin/view.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/admin/course.h"
#include "controller/admin/fleet_view.h"
#include "controller/admin/headline.h"
#include "controller/admin/path_view.h"
#include "controller/admin/situation.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"
#include "controller/admin/would_change.h"
#include "controller/failover/rules.h"

namespace lifeboat::admin {
namespace {

// The state is made anew several times a second; one this old comes from a controller that hangs.
constexpr int kStaleSeconds = 5;

void AddSteps(const Move& move, v1::MoveView& view) {
  for (const Stage stage : {Stage::kIntent, Stage::kOpening, Stage::kFetching, Stage::kPulling,
                            Stage::kProving, Stage::kAsking}) {
    const bool opens_exit = stage == Stage::kOpening || stage == Stage::kFetching;
    if (opens_exit && move.to.is_edge()) continue;
    v1::StepView& step = *view.add_steps();
    step.set_mark(stage < move.stage    ? v1::MARK_OK
                  : stage == move.stage ? v1::MARK_HOLDING
                                        : v1::MARK_PENDING);
    step.set_words(stage == Stage::kIntent ? "the intent is in the journal"
                                           : std::string(StageWords(stage)));
  }
}

v1::MoveView MakeMoveView(const Move& move) {
  v1::MoveView proto;
  proto.set_id(move.id);
  proto.set_from(move.from.ToString());
  proto.set_to(move.to.ToString());
  proto.set_stage(std::string(StageName(move.stage)));
  proto.set_stage_words(std::string(StageWords(move.stage)));
  proto.set_lever(move.lever);
  proto.set_reason(Printable(move.reason));
  proto.set_requested_by(Printable(move.requested_by));
  proto.set_forced(move.forced);
  proto.set_missing(Printable(move.missing));
  *proto.mutable_begun_at() = ToProto(move.begun_at);
  *proto.mutable_expires_at() = ToProto(move.expires_at);
  AddSteps(move, proto);
  return proto;
}

void AddRules(const ServiceSnapshot& service, v1::ServiceView& view) {
  const bool asked = IsFailing(service) || service.move.has_value();
  bool first_holder = true;
  for (const RuleAnswer& rule : service.rules) {
    v1::RuleView& proto = *view.add_rules();
    proto.set_name(rule.name);
    proto.set_ok(rule.ok);
    proto.set_words(Printable(rule.words));
    proto.set_key(rule.key);
    proto.set_place(Printable(rule.place));
    // While nothing fails, what speaks of the failure is not what anything waits for.
    if (rule.ok || (!asked && IsAboutTheFailure(rule))) {
      proto.set_mark(rule.ok ? v1::MARK_OK : v1::MARK_PENDING);
      continue;
    }
    proto.set_mark(first_holder ? v1::MARK_HOLDING : v1::MARK_FAILING);
    first_holder = false;
  }
}

void AddEvidence(const ServiceSnapshot& service, v1::ServiceView& view) {
  for (const EvidenceItem& item : service.failback) {
    v1::EvidenceView& proto = *view.add_failback();
    proto.set_name(item.name);
    proto.set_ok(item.ok);
    proto.set_mark(item.ok ? v1::MARK_OK : v1::MARK_HOLDING);
    proto.set_words(Printable(item.words));
    if (item.complete_in != absl::InfiniteDuration()) {
      *proto.mutable_complete_in() = ToProto(item.complete_in);
    }
  }
  view.set_failback_offered(service.failback_offered);
}

// "own OK, r53 DOWN"; while all are well their names will do.
std::string LeversWords(const Snapshot& snapshot, const ServiceSnapshot& service) {
  std::vector<std::string> states;
  bool all_ok = true;
  for (const std::string& name : service.levers) {
    const auto lever = std::find_if(snapshot.levers.begin(), snapshot.levers.end(),
                                    [&name](const LeverSnapshot& one) { return one.name == name; });
    if (lever == snapshot.levers.end()) continue;
    all_ok = all_ok && lever->health.state == LeverState::kOk;
    states.push_back(absl::StrCat(name, " ", LeverStateName(lever->health.state)));
  }
  if (states.empty()) return "none";
  if (all_ok && states.size() > 1) return absl::StrJoin(service.levers, ", ");
  return absl::StrJoin(states, ", ");
}

void SetState(const Snapshot& snapshot, const ServiceSnapshot& service, v1::ServiceView& view) {
  view.set_name(service.name);
  view.set_hostname(service.hostname);
  view.set_phase(ToProto(service.phase));
  view.set_serves(service.serves.ToString());
  view.set_failing(IsFailing(service));
  view.set_armed(service.armed);
  view.set_unarmed_why(Printable(service.unarmed_why));
  view.set_paused(service.paused);
  view.set_paused_reason(Printable(service.paused_reason));
  view.set_stopped(service.stopped);
  view.set_unacknowledged(service.unacknowledged);
  view.set_moves_made(service.moves_made);
  view.set_moves_per_day(service.moves_per_day);
  for (const PathSnapshot& path : service.paths) {
    *view.add_paths() = MakePathView(path, service.quorum, snapshot.now);
  }
  view.set_attribution(std::string(AttributionName(service.cause.attribution)));
  view.set_attribution_why(Printable(service.cause_words));
  *view.mutable_hold() = ToProto(service.quorum.hold);
  *view.mutable_hold_done() = ToProto(service.hold_done);
  for (const std::string& lever : service.levers) view.add_levers(lever);
  view.set_levers_words(LeversWords(snapshot, service));
  view.set_dns_trouble(Printable(service.dns));
  view.set_lingering_exit(service.lingering_exit);
}

v1::ServiceView MakeServiceView(const Snapshot& snapshot, const ServiceSnapshot& service) {
  v1::ServiceView view;
  SetState(snapshot, service, view);
  view.set_mark(MarkOf(service));
  view.set_next(NextWords(service));
  for (std::string& sentence : Summary(service)) view.add_summary(std::move(sentence));
  if (!service.target.is_edge() || service.move.has_value()) {
    view.set_target(service.target.ToString());
  }
  AddRules(service, view);
  view.set_waiting_for(Printable(service.waiting_for));
  if (service.retry_in > absl::ZeroDuration()) {
    *view.mutable_retry_in() = ToProto(service.retry_in);
  }
  if (service.move.has_value()) *view.mutable_move() = MakeMoveView(*service.move);
  AddEvidence(service, view);
  for (const ServerAnswer& answer : service.proof) *view.add_proof() = MakeServerView(answer);
  for (v1::ChangeView& change : WouldChange(service)) *view.add_would_change() = std::move(change);
  return view;
}

// Worst first: by mark, then by what presses more, then by name.
std::vector<const ServiceSnapshot*> WorstFirst(const Snapshot& snapshot) {
  std::vector<const ServiceSnapshot*> services;
  for (const ServiceSnapshot& service : snapshot.services) services.push_back(&service);
  const auto rank = [](const ServiceSnapshot& service) {
    const v1::Mark mark = MarkOf(service);
    const int severity = mark == v1::MARK_FAILING ? 0 : mark == v1::MARK_WARNING ? 1 : 2;
    return std::make_tuple(severity, SituationOf(service), absl::string_view(service.name));
  };
  std::sort(
      services.begin(), services.end(),
      [&rank](const ServiceSnapshot* a, const ServiceSnapshot* b) { return rank(*a) < rank(*b); });
  return services;
}

void SetFreshness(const Snapshot& snapshot, Instant now, v1::StatusView& view) {
  const absl::Duration age = std::max(now - snapshot.now, absl::ZeroDuration());
  *view.mutable_age() = ToProto(age);
  view.set_freshness(
      age < absl::Seconds(kStaleSeconds) ? "live" : absl::StrCat("STALE: ", Span(age), " old"));
}

}  // namespace

v1::StatusView MakeStatusView(const Snapshot& snapshot, Instant now) {
  v1::StatusView view;
  view.set_sequence(snapshot.sequence);
  view.set_controller(snapshot.controller);
  *view.mutable_epoch() = ToProto(snapshot.epoch);
  *view.mutable_at() = ToProto(snapshot.wall);
  SetFreshness(snapshot, now, view);
  const std::vector<const ServiceSnapshot*> services = WorstFirst(snapshot);
  SetHeadline(snapshot, services, view);
  bool warm = true;
  for (const ServiceSnapshot* service : services) {
    *view.add_services() = MakeServiceView(snapshot, *service);
    warm = warm && service->phase != Phase::kWarming;
  }
  for (const VantageSnapshot& vantage : snapshot.vantages) {
    *view.add_vantages() = MakeVantageView(vantage);
  }
  for (const ExitSnapshot& exit : snapshot.exits) *view.add_exits() = MakeExitView(exit);
  for (const LeverSnapshot& lever : snapshot.levers) *view.add_levers() = MakeLeverView(lever);
  view.set_vantages_line(VantagesLine(snapshot.vantages));
  view.set_warm(warm);
  view.set_journal_ok(snapshot.journal.empty());
  view.set_amnesia(!snapshot.amnesia.empty());
  return view;
}

bool KeepOnly(const std::string& service, v1::StatusView& view) {
  const auto found = std::find_if(view.services().begin(), view.services().end(),
                                  [&service](const auto& one) { return one.name() == service; });
  if (found == view.services().end()) return false;
  const v1::ServiceView kept = *found;
  const std::set<std::string> levers(kept.levers().begin(), kept.levers().end());
  std::set<std::string> paths;
  for (const v1::PathView& path : kept.paths()) paths.insert(path.path());
  view.clear_services();
  *view.add_services() = kept;
  auto& exits = *view.mutable_exits();
  exits.erase(std::remove_if(exits.begin(), exits.end(),
                             [&paths](const v1::ExitView& exit) {
                               return !paths.contains(absl::StrCat("exit/", exit.name()));
                             }),
              exits.end());
  auto& all_levers = *view.mutable_levers();
  all_levers.erase(std::remove_if(all_levers.begin(), all_levers.end(),
                                  [&levers](const v1::LeverView& lever) {
                                    return !levers.contains(lever.name());
                                  }),
                   all_levers.end());
  view.set_mark(kept.mark());
  return true;
}

}  // namespace lifeboat::admin
