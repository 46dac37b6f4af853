#include "controller/failover/lever_checks.h"

#include <utility>

namespace lifeboat {

LeverChecks::LeverChecks(const std::vector<Lever*>& levers, absl::Duration usual,
                         const Clock& clock, uint64_t seed, std::function<void()> on_news)
    : clock_(clock), on_news_(std::move(on_news)) {
  std::seed_seq mixed{seed, seed >> 32};
  std::vector<uint32_t> seeds(levers.size());
  mixed.generate(seeds.begin(), seeds.end());
  for (size_t i = 0; i < levers.size(); ++i) {
    seats_.push_back(std::unique_ptr<Seat>(new Seat{.lever = levers[i],
                                                    .standing = LeverStanding(usual, clock.Now()),
                                                    .random = std::mt19937_64(seeds[i])}));
  }
  for (const auto& seat : seats_) {
    seat->thread = std::thread([this, seat = seat.get()] { Run(*seat); });
  }
}

LeverChecks::~LeverChecks() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    ended_.NotifyAll();
  }
  for (const auto& seat : seats_) seat->thread.join();
}

LeverHealth LeverChecks::HealthOf(const Lever& lever) const {
  MutexLock lock(mutex_);
  for (const auto& seat : seats_) {
    if (seat->lever == &lever) return seat->standing.health();
  }
  return {};
}

bool LeverChecks::AwaitNextCheck(const Seat& seat) {
  MutexLock lock(mutex_);
  while (!ending_) {
    const absl::Duration wait = seat.standing.next_check() - clock_.Now();
    if (wait <= absl::ZeroDuration()) return true;
    ended_.WaitFor(mutex_, wait);
  }
  return false;
}

void LeverChecks::Run(Seat& seat) {
  while (AwaitNextCheck(seat)) {
    const Instant began = clock_.Now();
    LeverHealth found = seat.lever->Check();
    const double jitter = std::generate_canonical<double, 53>(seat.random);
    bool news = false;
    {
      MutexLock lock(mutex_);
      const LeverState before = seat.standing.health().state;
      seat.standing.Take(std::move(found), began, jitter);
      news = seat.standing.health().state != before;
    }
    if (news) on_news_();
  }
}

}  // namespace lifeboat
