#include "controller/health/degradation.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lifeboat {
namespace {

constexpr int kResults = 32;
constexpr int kTooManySlow = 16;
constexpr int kFewSlow = 4;
constexpr absl::Duration kLongestStep = absl::Minutes(1);  // what a gap may count for
constexpr double kLearnWhileSlow = 0.125;

// Of spans of minutes; quicker than a division of durations, and done at each observation.
double Nanoseconds(absl::Duration span) {
  return static_cast<double>(absl::ToInt64Nanoseconds(span));
}

}  // namespace

DegradationWatch::DegradationWatch(const DegradationRule& rule)
    : rule_(&rule), recent_(rule.window) {}

void DegradationWatch::Push(Result result, absl::Duration latency, Instant at) {
  if (rule_->failures > 0) PushFailing(result == Result::kBad, at);
  if (result != Result::kBad) PushLatency(result == Result::kSlow, latency, at);
}

void DegradationWatch::ForgetFailures(Instant at) {
  if (rule_->failures_outlast_down) return;
  if (failing_ && at - failing_since_ > rule_->window) return;
  failing_ = false;
  bad_ever_ = 0;
}

void DegradationWatch::PushFailing(bool bad, Instant at) {
  recent_.Push(bad, at);
  const size_t kept = bad_at_.size();
  if (bad) {
    bad_at_[static_cast<size_t>(bad_ever_++) % kept] = at;
    good_run_ = 0;
    if (!failing_) failing_since_ = at;
    failing_ = failing_ || TooManyFailures(at);
    return;
  }
  good_run_ = std::min(good_run_ + 1, rule_->clean);
  if (failing_ && good_run_ >= rule_->clean) {
    const Instant last_bad = bad_at_[static_cast<size_t>(bad_ever_ - 1) % kept];
    failing_ = at - last_bad < rule_->clean_for;
  }
}

bool DegradationWatch::TooManyFailures(Instant at) const {
  if (bad_ever_ < rule_->failures) return false;
  const size_t first = static_cast<size_t>(bad_ever_ - rule_->failures) % bad_at_.size();
  return at - bad_at_[first] <= rule_->window && recent_.bad() >= rule_->share * recent_.held();
}

void DegradationWatch::PushLatency(bool called_slow, absl::Duration latency, Instant at) {
  const double milliseconds = 1e-6 * Nanoseconds(latency);
  const bool slower = rule_->slow_ratio > 0 && learned_ >= kResults &&
                      milliseconds >= rule_->slow_ratio * usual_ms_ &&
                      milliseconds - usual_ms_ >= absl::ToDoubleMilliseconds(rule_->slow_margin);
  slow_bits_ = slow_bits_ << 1 | static_cast<uint32_t>(called_slow || slower);
  const int slow = slow_bits_ == 0 ? 0 : std::popcount(slow_bits_);
  slow_ = slow >= kTooManySlow || (slow_ && slow > kFewSlow);
  LearnUsual(milliseconds, at);
}

void DegradationWatch::LearnUsual(double milliseconds, Instant at) {
  if (learned_ == 0) usual_ms_ = milliseconds;
  double step = 1e-9 / 3600 * Nanoseconds(std::min(at - learned_at_, kLongestStep));
  if (slow_) step *= kLearnWhileSlow;
  if (learned_ < kResults) step = 0.5 / ++learned_;  // large at first: the first one may mislead
  usual_ms_ *= milliseconds > usual_ms_ ? 1 + step : milliseconds < usual_ms_ ? 1 - step : 1;
  learned_at_ = at;
}

std::string DegradationWatch::Words() const {
  std::string words;
  if (failing_) {
    words = absl::StrCat(recent_.bad(), " of ", recent_.held(), " bad within ",
                         absl::FormatDuration(rule_->window));
  }
  if (slow_) {
    absl::StrAppendFormat(&words, "%s%d of the last %d slow, usual are %.0f ms",
                          words.empty() ? "" : "; ", std::popcount(slow_bits_), kResults,
                          usual_ms_);
  }
  return words;
}

}  // namespace lifeboat
