#include "controller/health/observation_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {

ObservationWriter::ObservationWriter(const std::vector<TargetRole>& roles, ObservationStore& store,
                                     const Clock& clock, const Options& options, Tell tell)
    : store_(store),
      clock_(clock),
      options_(options),
      tell_(std::move(tell)),
      coder_(roles, options.longest_run),
      thread_([this] { Run(); }) {}

ObservationWriter::~ObservationWriter() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void ObservationWriter::Connected(const std::string& vantage, absl::Duration agent_since_boot,
                                  Instant now) {
  MutexLock lock(mutex_);
  coder_.Connected(vantage, agent_since_boot, now, clock_.WallNow());
}

void ObservationWriter::Disconnected(const std::string& vantage, Instant now) {
  MutexLock lock(mutex_);
  coder_.Disconnected(vantage, now, clock_.WallNow());
}

void ObservationWriter::Condition(const std::string& vantage, absl::Duration lag,
                                  bool resolvers_dead, Instant now) {
  MutexLock lock(mutex_);
  coder_.Condition(vantage, lag, resolvers_dead, now, clock_.WallNow());
}

void ObservationWriter::Saw(const std::string& vantage, uint32_t target, const Seen& seen,
                            bool counted, Instant now) {
  MutexLock lock(mutex_);
  coder_.Saw(vantage, target, seen, counted, now, clock_.WallNow());
}

uint64_t ObservationWriter::dropped() const {
  MutexLock lock(mutex_);
  return dropped_;
}

void ObservationWriter::Run() {
  for (bool more = true; more;) {
    more = Gather();
    Write();
  }
}

bool ObservationWriter::Gather() {
  MutexLock lock(mutex_);
  if (!ending_) changed_.WaitFor(mutex_, options_.write_every);
  for (ObservationRun& run : ending_ ? coder_.TakeAll() : coder_.TakeEnded(clock_.Now())) {
    kept_.push_back(std::move(run));
  }
  while (kept_.size() > options_.most_kept) {
    dropped_ += static_cast<uint64_t>(kept_.front().count);
    kept_.pop_front();
  }
  return !ending_;
}

void ObservationWriter::Write() {
  if (kept_.empty()) return;
  const absl::Status written =
      store_.Append(std::vector<ObservationRun>(kept_.begin(), kept_.end()));
  if (written.ok()) kept_.clear();
  const std::string trouble = written.ok() ? "" : Words(written);
  if (trouble.empty() != trouble_.empty()) tell_(trouble, dropped());
  trouble_ = trouble;
}

}  // namespace lifeboat
