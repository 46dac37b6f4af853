#include "tests/simulation/vote_twin.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// Pings take up to 100 ms there and back; half of that is how wrong an agent's clock may be known.
constexpr absl::Duration kSlack = absl::Milliseconds(200);
// By then every sample of a clock from before its jump is forgotten.
constexpr absl::Duration kClockLearntIn = absl::Minutes(3);
constexpr absl::Duration kMostLag = absl::Milliseconds(500);
constexpr int kDoubtLasts = 40;  // results, more than any rule's window and recovery together
constexpr absl::Duration kSkewLasts = absl::Seconds(61);
constexpr size_t kRemembered = 64;
constexpr double kLeakyWarmIn = 2.5;                           // half-lives, and a little
constexpr double kShortest = 14.5 / 16, kLongest = 17.5 / 16;  // of a sliding window

}  // namespace

VoteTwin::VoteTwin(const WorldSettings& settings, const Truth& truth)
    : settings_(settings), truth_(truth) {
  for (size_t i = 0; i < settings.roles.size(); ++i) {
    fresh_for_.push_back(settings.roles[i].fresh_for());
    if (settings.roles[i].kind == TargetRole::Kind::kPanel) panel_.push_back(i);
  }
  Forget();
}

void VoteTwin::Forget() {
  Eyes blank;
  blank.legs.resize(settings_.roles.size());
  eyes_.assign(settings_.vantages.size(), blank);
}

void VoteTwin::Results::Take(const FilterRule& rule, bool bad, Instant at) {
  run = RunOf(bad) + 1;
  last.push_back({bad, at});
  if (last.size() > kRemembered) last.pop_front();
  std::visit([this](const auto& known) { Judge(known); }, rule);
}

void VoteTwin::Results::Judge(const KOfN& rule) {
  int bad = 0;
  for (size_t i = last.size(); i-- > 0 && i + static_cast<size_t>(rule.n) >= last.size();) {
    bad += last[i].bad;
  }
  if (bad >= rule.k) {
    Set(true);
  } else if (RunOf(false) >= rule.recover) {
    Set(false);
  }
}

void VoteTwin::Results::Judge(const Run& rule) {
  if (RunOf(true) >= rule.fall) Set(true);
  if (RunOf(false) >= rule.rise) Set(false);
}

// The window slides by sixteenths, so where it begins is not known to the moment.
void VoteTwin::Results::Judge(const Rate& rule) {
  may_be_down = may_be_up = false;
  const absl::Duration shortest = kShortest * rule.window, longest = kLongest * rule.window;
  int held = 0, bad = 0;
  const auto judge = [&] { (bad >= rule.threshold * held ? may_be_down : may_be_up) = true; };
  for (size_t k = last.size(); k-- > 0;) {
    const absl::Duration age = last.back().at - last[k].at;
    if (age > shortest) judge();
    if (age > longest) return;
    ++held;
    bad += last[k].bad;
  }
  judge();
}

void VoteTwin::Results::Judge(const Leaky& rule) {
  // A score that was reached before it counts may be past again when it does.
  if (last.back().at - last.front().at < kLeakyWarmIn * rule.half_life) return DoNotKnow();
  double weight = 0, bad = 0;
  for (size_t i = last.size(); i-- > 0;) {
    const double age = absl::FDivDuration(last.back().at - last[i].at, rule.half_life);
    if (age > 8) break;  // what is left of it decides nothing
    const double left = std::exp2(-age);
    weight += left;
    if (last[i].bad) bad += left;
  }
  const double score = bad / weight;
  if (score > rule.trip + 0.05) {
    Set(true);
  } else if (score < rule.clear - 0.05) {
    Set(false);
  } else if (score >= rule.trip - 0.05 || score <= rule.clear + 0.05) {
    DoNotKnow();
  }
}

bool VoteTwin::ClockIsKnown(size_t vantage, Instant now) const {
  const Instant jumped = truth_.clock_jumped[vantage];
  return jumped == Instant() || now - jumped > kClockLearntIn;
}

VoteTwin::Age VoteTwin::AgeOf(size_t vantage, size_t target, Instant ended, Instant now) const {
  if (!ClockIsKnown(vantage, now)) return Age::kDoubtful;
  const absl::Duration over = now - ended - fresh_for_[target];
  if (over > kSlack) return Age::kLate;
  return over < -kSlack ? Age::kFresh : Age::kDoubtful;
}

void VoteTwin::Delivered(const Delivery& delivery, Instant now) {
  Eyes& eyes = eyes_[delivery.vantage];
  if (eyes.run != delivery.run) {
    eyes.run = delivery.run;
    eyes.last_batch = 0;
  }
  // What was overtaken on its way, or came before, is no news.
  if (delivery.batch <= eyes.last_batch) return;
  eyes.last_batch = delivery.batch;
  // What it saw before its clock jumped is misdated, maybe into the future: then the vantage is not
  // believed for a minute.
  if (delivery.ended < truth_.clock_jumped[delivery.vantage]) eyes.misdated_at = now;
  const bool may_be_skewed = eyes.misdated_at && now - *eyes.misdated_at < kSkewLasts;
  eyes.lag = delivery.lag;
  eyes.resolvers_dead = delivery.resolvers_dead;
  const TargetRole& role = settings_.roles[delivery.target];
  Leg& leg = eyes.legs[delivery.target];
  const Age age = AgeOf(delivery.vantage, delivery.target, delivery.ended, now);
  ++leg.since_doubt;
  if (age == Age::kLate) return;
  if (age == Age::kDoubtful || may_be_skewed) leg.since_doubt = 0;
  // Two that ended as good as together: their order is a matter of milliseconds.
  if (leg.any && delivery.ended - leg.newest < kSlack) leg.since_doubt = 0;
  if (leg.any && delivery.ended < leg.newest - kSlack) return;
  const ProbeClass probe_class = delivery.seen->probe_class;
  leg.any = true;
  leg.newest = std::max(leg.newest, delivery.ended);
  leg.newest_good = IsGood(probe_class);
  leg.newest_refused = probe_class == ProbeClass::kRefused;
  if (leg.newest_good) leg.last_good = delivery.ended;
  if (role.kind != TargetRole::Kind::kVotes || leg.newest_refused) return;
  // Who is in trouble of its own sees nothing else.
  const Panel panel = PanelOf(eyes);
  if (panel == Panel::kUnclear) leg.since_doubt = 0;
  if (panel == Panel::kFails || eyes.lag > kMostLag || eyes.resolvers_dead) return;
  // A filter begins anew where a vote had become stale.
  const absl::Duration gap = leg.filtered ? delivery.ended - *leg.filtered : absl::ZeroDuration();
  leg.filtered = delivery.ended;
  const absl::Duration over = gap - fresh_for_[delivery.target];
  if (absl::AbsDuration(over) < kSlack) leg.since_doubt = 0;
  if (over > absl::ZeroDuration()) leg.generous = leg.sure = Results{};
  leg.generous.Take(role.rule.filter, !leg.newest_good, delivery.ended);
  if (age == Age::kFresh) leg.sure.Take(role.rule.filter, !leg.newest_good, delivery.ended);
  // What a doubtful result has made of a filter may last until something sets it for certain.
  if (leg.since_doubt < kDoubtLasts) leg.generous.DoNotKnow(), leg.sure.DoNotKnow();
}

// Whether more than half of the panel has failed, by the newest of each.
VoteTwin::Panel VoteTwin::PanelOf(const Eyes& eyes) const {
  size_t fails = 0, unclear = 0;
  for (const size_t i : panel_) {
    const Leg& leg = eyes.legs[i];
    if (leg.since_doubt < 3) {
      ++unclear;
    } else if (leg.any && !leg.newest_good) {
      ++fails;
    }
  }
  if (2 * fails > panel_.size()) return Panel::kFails;
  return 2 * (fails + unclear) > panel_.size() ? Panel::kUnclear : Panel::kAnswers;
}

// Whether less than half of the panel answers, for certain.
bool VoteTwin::PanelIsBad(const Eyes& eyes, Instant now) const {
  size_t may_be_good = 0;
  for (const size_t i : panel_) {
    const Leg& leg = eyes.legs[i];
    const bool too_old = !leg.any || now - leg.newest > fresh_for_[i] + kSlack;
    if (leg.since_doubt < 3 || (leg.newest_good && !too_old)) ++may_be_good;
  }
  return 2 * may_be_good < panel_.size();
}

std::string VoteTwin::Contradiction(size_t vantage, size_t target, const Vote& vote,
                                    Instant now) const {
  if (vote.kind == VoteKind::kAbstain || !ClockIsKnown(vantage, now)) return "";
  const Eyes& eyes = eyes_[vantage];
  const Leg& leg = eyes.legs[target];
  if (!leg.any) return "it votes, and nothing has reached us";
  const absl::Duration age = now - leg.newest;
  if (age > fresh_for_[target] + kSlack) {
    return absl::StrCat("it votes by what is ", absl::FormatDuration(age), " old");
  }
  if (eyes.lag > kMostLag) return "it votes although it is starved";
  if (eyes.resolvers_dead) return "it votes although its resolvers are dead";
  if (leg.newest_refused && leg.since_doubt > 1) return "it votes although the edge refuses it";
  if (PanelIsBad(eyes, now)) return "it votes although its panel is bad";
  if (leg.since_doubt < kDoubtLasts) return "";
  const bool says_down = vote.kind == VoteKind::kDown;
  if (says_down && !leg.sure.may_be_down && !leg.generous.may_be_down) {
    return "it says DOWN, and what reached us in time does not";
  }
  const bool says_up = vote.kind == VoteKind::kUp;
  if (says_up && !leg.sure.may_be_up && !leg.generous.may_be_up) {
    return "it says UP, and what reached us in time does not";
  }
  return "";
}

}  // namespace lifeboat
