#ifndef LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_WRITER_H_
#define LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_WRITER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "controller/health/observation_recorder.h"
#include "controller/health/observation_runs.h"

namespace lifeboat {

// Where runs are kept. Called by one thread at a time; may block as long as its disk does.
class ObservationStore {
 public:
  virtual ~ObservationStore() = default;
  // All of them or none.
  virtual absl::Status Append(const std::vector<ObservationRun>& runs) = 0;
};

// Makes runs of what agents tell and has them written, on a thread of its own. While that fails
// they are kept, up to a limit; then the oldest go, and are counted. Thread-safe.
class ObservationWriter final : public ObservationRecorder {
 public:
  struct Options {
    absl::Duration longest_run = absl::Minutes(5);
    absl::Duration write_every = absl::Seconds(10);
    size_t most_kept = 20'000;  // runs
  };
  // Called on the writer's thread, with the trouble when it begins and with "" when it is over, and
  // with how many observations were lost by then.
  using Tell = std::function<void(const std::string& trouble, uint64_t lost)>;

  // `store` and `clock` outlive the writer.
  ObservationWriter(const std::vector<TargetRole>& roles, ObservationStore& store,
                    const Clock& clock, const Options& options, Tell tell);
  // Writes what is left, once.
  ~ObservationWriter() override;

  void Connected(const std::string& vantage, absl::Duration agent_since_boot, Instant now) override;
  void Disconnected(const std::string& vantage, Instant now) override;
  void Condition(const std::string& vantage, absl::Duration lag, bool resolvers_dead,
                 Instant now) override;
  void Saw(const std::string& vantage, uint32_t target, const Seen& seen, bool counted,
           Instant now) override;

  // Observations that were made and will never be written.
  uint64_t dropped() const;

 private:
  void Run();
  // Waits for its time and gathers what is to be written; false: this is the last time.
  bool Gather();
  void Write();

  ObservationStore& store_;
  const Clock& clock_;
  const Options options_;
  const Tell tell_;
  std::deque<ObservationRun> kept_;  // only the writer's thread
  std::string trouble_;              // likewise
  mutable Mutex mutex_;
  CondVar changed_;
  RunCoder coder_ GUARDED_BY(mutex_);
  uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_OBSERVATION_WRITER_H_
