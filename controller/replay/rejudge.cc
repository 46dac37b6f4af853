#include "controller/replay/rejudge.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/failover/look.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(1);
// Though no vote has changed: doubts grow, windows of maintenance open and close.
constexpr absl::Duration kLookAnyway = absl::Seconds(30);

// The spreader hands a place back as it was given.
size_t TagOf(RecordedVantages::Place place) { return place.vantage << 32 | place.target; }
RecordedVantages::Place PlaceOf(size_t tag) {
  return {.vantage = tag >> 32, .target = static_cast<uint32_t>(tag)};
}

bool IsProbe(const ObservationRun& run) {
  return run.kind == RunKind::kVotes || run.kind == RunKind::kAttributes ||
         run.kind == RunKind::kPanel;
}

std::string AttributionWords(const Sight& sight) {
  const bool untold = sight.cause.reason == Cause::Reason::kNobodyTells;
  return absl::StrCat(AttributionName(sight.cause.attribution), ": ", sight.CauseWords(),
                      untold ? "; whether a tunnel was up is not recorded" : "");
}

}  // namespace

absl::string_view KindName(Rejudged::Kind kind) {
  constexpr absl::string_view kNames[] = {"LIFE",   "LIFE_ENDS", "VERDICT", "ATTRIBUTION",
                                          "INTENT", "HOLD",      "MOVE",    "CANCEL"};
  return kNames[static_cast<size_t>(kind)];
}

bool IsJudgedAgain(absl::string_view rule) {
  constexpr absl::string_view kJudged[] = {"verdict",     "hold",   "still failing", "maintenance",
                                           "attribution", "parity", "shared fate",   "target up"};
  return std::find(std::begin(kJudged), std::end(kJudged), rule) != std::end(kJudged);
}

Rejudge::Rejudge(RejudgeSettings settings)
    : settings_(std::move(settings)), vantages_(settings_.vantages, settings_.roles) {}

// ----------------------------------------------------------------------------------- what comes in

std::vector<Rejudged> Rejudge::Begin(absl::Time began, int panel) {
  if (settings_.since <= began && began <= settings_.until) {
    told_.push_back({.kind = Rejudged::Kind::kLife,
                     .at = began,
                     .service = "",
                     .path = {},
                     .text = "a controller begins to look: filters fill anew"});
  }
  vantages_.Begin(panel);
  spreader_ = RunSpreader();
  begun_ = false;
  courses_.clear();
  for (const ServiceSettings& service : settings_.services) {
    Course course{.settings = service};
    course.paths.resize(service.exits.size() + 1);
    course.dissents.resize(course.paths.size());
    course.paths[0].target = vantages_.VotingTarget(service.name, Path::Edge());
    for (size_t i = 0; i < service.exits.size(); ++i) {
      course.paths[i + 1].target =
          vantages_.VotingTarget(service.name, Path::Exit(service.exits[i].name));
    }
    courses_.push_back(std::move(course));
  }
  return TakeTold();
}

std::vector<Rejudged> Rejudge::Take(const ObservationRun& run) {
  const std::optional<RecordedVantages::Place> place = Admit(run);
  if (!place) return {};
  if (!begun_) {
    begun_ = true;
    now_ = heard_at_ = clocked_at_ = run.first;
    clocked_wall_ = run.first_wall;
    next_look_ = run.first + kLookEvery;
  }
  PlayUntil(run.first);
  spreader_.Add(run, TagOf(*place));
  return TakeTold();
}

std::vector<Rejudged> Rejudge::End() {
  if (!begun_) return {};
  PlayUntil(Instant::SinceBoot(absl::InfiniteDuration()));
  Tell({.kind = Rejudged::Kind::kLifeEnds,
        .at = wall(),
        .service = "",
        .path = {},
        .text = "what this controller recorded ends here"});
  begun_ = false;
  return TakeTold();
}

std::optional<RecordedVantages::Place> Rejudge::Admit(const ObservationRun& run) {
  if (!IsPossible(run)) {
    ++count_.impossible;
    return std::nullopt;
  }
  const auto place = vantages_.PlaceOf(run);
  if (place) {
    if (run.kind == RunKind::kVotes && run.timing == Timing::kFresh) {
      Pace& pace = paces_[run.service];
      pace.span += run.last - run.first;
      pace.gaps += run.count - 1;
    }
    return place;
  }
  if (!IsProbe(run)) return std::nullopt;
  const std::string what =
      !vantages_.Knows(run.vantage)      ? absl::StrCat("vantage ", run.vantage)
      : run.kind == RunKind::kPanel      ? absl::StrCat("control target ", run.panel)
      : run.kind == RunKind::kAttributes ? absl::StrCat(run.service, " edge pinned")
                                         : absl::StrCat(run.service, " ", run.path.ToString());
  count_.unknown[what] += run.count;
  return std::nullopt;
}

std::optional<absl::Duration> Rejudge::PaceOf(const std::string& service) const {
  const auto pace = paces_.find(service);
  if (pace == paces_.end() || pace->second.gaps == 0) return std::nullopt;
  return pace->second.span / pace->second.gaps;
}

// ---------------------------------------------------------------------------------- as time passes

void Rejudge::PlayUntil(Instant until) {
  while (spreader_.next() && *spreader_.next() < until) {
    LookUntil(*spreader_.next());
    TakeOne(spreader_.Take());
  }
}

void Rejudge::LookUntil(Instant until) {
  while (true) {
    const Instant due = NextLook();
    if (due > until) return;
    if (due - heard_at_ > vantages_.longest_silence()) {
      next_look_ = until;  // all is silent, and stays so
      return;
    }
    now_ = std::max(now_, due);
    if (now_ >= next_look_) next_look_ = now_ + kLookEvery;
    LookAtAll();
  }
}

// The end of a hold is a moment of its own.
Instant Rejudge::NextLook() const {
  Instant next = next_look_;
  for (const Course& course : courses_) {
    const PathWatch& edge = course.paths.front().watch;
    if (edge.verdict() != Verdict::kDown || course.intent || course.moved_to) continue;
    const absl::Duration left = course.settings.quorum.hold - edge.down_for(now_);
    if (left > absl::ZeroDuration()) next = std::min(next, now_ + left);
  }
  return next;
}

void Rejudge::TakeOne(const RunSpreader::One& one) {
  now_ = heard_at_ = clocked_at_ = one.at;
  clocked_wall_ = one.wall;
  if (IsProbe(*one.run) && telling()) {
    ++count_.observations;
    if (one.run->timing != Timing::kFresh) ++count_.late;
    count_.first = std::min(count_.first, one.wall);
    count_.last = std::max(count_.last, one.wall);
  }
  if (vantages_.Take(one, PlaceOf(one.tag))) LookAtAll();
}

void Rejudge::LookAtAll() {
  for (Course& course : courses_) {
    const bool changed = HasChanged(course);
    if (changed || HoldIsDue(course, now_) || now_ - course.looked_at >= kLookAnyway ||
        (telling() && !course.telling)) {
      LookAt(course);
    }
  }
}

bool Rejudge::HasChanged(Course& course) const {
  bool changed = false;
  for (PathCourse& path : course.paths) {
    std::vector<Standing> standings = vantages_.StandingsAt(path.target, now_);
    if (standings == path.standings) continue;
    path.standings = std::move(standings);
    changed = true;
  }
  return changed;
}

bool Rejudge::HoldIsDue(const Course& course, Instant now) {
  const PathWatch& edge = course.paths.front().watch;
  return course.intent.has_value() || (edge.verdict() == Verdict::kDown && !course.moved_to &&
                                       edge.down_for(now) >= course.settings.quorum.hold);
}

// ------------------------------------------------------------------------------------ what is seen

void Rejudge::LookAt(Course& course) {
  course.looked_at = now_;
  const Sight sight = SightOf(course);
  for (size_t i = 0; i < course.paths.size(); ++i) {
    const PathSnapshot& path = sight.paths[i];
    const bool blemished = path.tally.weight_degraded_or_worse > 0;
    course.paths[i].watch.See(path.tally.verdict, now_, blemished);
    course.dissents[i].See(course.settings.quorum, path.ballots, now_);
  }
  course.warm |= sight.edge().tally.verdict != Verdict::kBlind;
  TellPaths(course, sight);
  Decide(course, sight);
  course.telling = telling();
}

Sight Rejudge::SightOf(const Course& course) const {
  static const std::map<std::string, ExitStatus> kNoWord;
  Sight sight = Look(course.settings, vantages_, {}, course.dissents,
                     {.now = now_,
                      .wall = wall(),
                      .epoch = {},
                      .exits = kNoWord,
                      .journal_trouble = "",
                      .amnesia = "",
                      .stopped = ""});
  for (ExitFacts& exit : sight.exits) {
    const Tally& tally = exit.tally;
    exit.tunnel_up = tally.voters > tally.down_voters || tally.weight_down_at_origin > 0;
  }
  sight.cause = Attribute(course.settings.quorum, sight.edge().tally, sight.exits);
  // That no tunnel was seen does not mean that none was up.
  if (sight.cause.reason == Cause::Reason::kNoTunnel) {
    sight.cause = {Attribution::kUnknown, Cause::Reason::kNobodyTells, -1};
  }
  return sight;
}

void Rejudge::Tell(Rejudged happening) {
  if (telling()) told_.push_back(std::move(happening));
}

void Rejudge::TellPaths(Course& course, const Sight& sight) {
  if (!telling()) return;
  for (size_t i = 0; i < course.paths.size(); ++i) {
    const PathSnapshot& path = sight.paths[i];
    const Verdict verdict = path.tally.verdict;
    if (course.paths[i].told == verdict) continue;
    course.paths[i].told = verdict;
    std::string text = Words(course.settings.quorum, path.tally);
    if (path.path.is_edge() && verdict == Verdict::kDown) {
      course.told_cause = sight.cause.attribution;
      absl::StrAppend(&text, "; attribution ", AttributionWords(sight));
    }
    Tell({.kind = Rejudged::Kind::kVerdict,
          .at = wall(),
          .service = course.settings.name,
          .path = path.path,
          .verdict = verdict,
          .text = std::move(text)});
  }
  TellAttribution(course, sight);
}

void Rejudge::TellAttribution(Course& course, const Sight& sight) {
  if (sight.edge().tally.verdict != Verdict::kDown ||
      std::exchange(course.told_cause, sight.cause.attribution) == sight.cause.attribution) {
    return;
  }
  Tell({.kind = Rejudged::Kind::kAttribution,
        .at = wall(),
        .service = course.settings.name,
        .path = Path::Edge(),
        .text = AttributionWords(sight)});
}

}  // namespace lifeboat
