#include "controller/health/clock_offset.h"

#include <algorithm>

namespace lifeboat {
namespace {

constexpr size_t kSamples = 8;

}  // namespace

void ClockOffset::Learn(Instant sent, Instant received, absl::Duration agent_since_boot) {
  const absl::Duration round_trip = received - sent;
  if (round_trip < absl::ZeroDuration()) return;
  const absl::Duration middle = sent.since_boot() + round_trip / 2;
  samples_.push_back(
      {.round_trip = round_trip, .error = round_trip / 2, .offset = agent_since_boot - middle});
  if (samples_.size() > kSamples) samples_.pop_front();
  best_ = *std::min_element(samples_.begin(), samples_.end(), [](const Sample& a, const Sample& b) {
    return a.round_trip < b.round_trip;
  });
}

}  // namespace lifeboat
