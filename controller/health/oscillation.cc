#include "controller/health/oscillation.h"

namespace lifeboat {

void OscillationWatch::Push(bool down, Instant at) {
  if (oscillating_) oscillating_ = Oscillating(at);
  if (!begun_ || down != down_) {
    begun_ = true;
    down_ = down;
    since_ = at;
  }
  const bool counts = at - since_ >= rule_->min_phase;
  if (counts && (!counted_any_ || down_ != counted_down_)) CountPhase();
}

void OscillationWatch::CountPhase() {
  if (counted_any_) {
    const int kept = static_cast<int>(reversed_at_.size());
    reversed_at_[static_cast<size_t>(reversals_++ % kept)] = since_;
    if (reversals_ >= rule_->reversals) {
      const int oldest = (reversals_ - rule_->reversals) % kept;
      // From the first reversal to the last, not to when that one is known to count.
      oscillating_ =
          oscillating_ || since_ - reversed_at_[static_cast<size_t>(oldest)] <= rule_->window;
    }
  }
  counted_any_ = true;
  counted_down_ = down_;
  counted_since_ = since_;
}

bool OscillationWatch::Calm(Instant now) const {
  return !counted_down_ && !down_ && now - counted_since_ >= rule_->window;
}

}  // namespace lifeboat
