#ifndef LIFEBOAT_AGENT_REPORT_CONTROLLER_LINK_H_
#define LIFEBOAT_AGENT_REPORT_CONTROLLER_LINK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "agent/metrics.h"
#include "agent/plan/assignment.h"
#include "agent/probe/observation.h"
#include "agent/report/observation_queue.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/echo.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/tls.h"
#include "grpcpp/security/credentials.h"

namespace lifeboat::agent {

// How the agent itself is, for each batch.
struct Vitals {
  absl::Duration lag_p99;
  bool resolvers_dead = false;
};

struct LinkOptions {
  std::string controller;  // "host:port"
  TlsFiles identity;       // looked at anew with each dialling
  std::string trust_domain;
  uint64_t run_id = 0;  // of this process; never 0
  std::string version;
  size_t queue_limit = 100'000;                      // observations
  absl::Duration silence_limit = absl::Seconds(10);  // controllers ping every 2 s
};

// The stream to one controller, dialled again for ever (0.5 s, doubling to 15 s, jittered): takes
// its assignments, answers its pings at once, and brings it every observation that fits the queue,
// in order, however often the stream breaks. Thread-safe.
class ControllerLink {
 public:
  using OnAssignment = std::function<void(Assignment)>;
  using OnSeed = std::function<void(const EchoBytes&)>;
  using ReadVitals = std::function<Vitals()>;

  // Dials from a thread of its own. `on_assignment`, `on_seed` and `vitals` may be called in any
  // thread, and must not block; they and what is passed by reference outlive the link. `random` is
  // the link's alone.
  ControllerLink(LinkOptions options, const Clock& clock, absl::BitGenRef random,
                 OnAssignment on_assignment, OnSeed on_seed, ReadVitals vitals, Metrics& metrics,
                 Log& log);
  // Closes the stream in good order, or after a second in any.
  ~ControllerLink();
  ControllerLink(const ControllerLink&) = delete;
  ControllerLink& operator=(const ControllerLink&) = delete;

  // What target number `target` of the assignments `revision` gave.
  void Push(uint64_t revision, uint32_t target, Observation observation);

  // Whether the controller has spoken on the stream that stands.
  bool connected() const;

 private:
  class Stream;

  void Run();
  void Converse();
  void Pause();
  void SayEnd(const absl::Status& why);
  void SayDropped();
  void TakeAssignments(const v1::Assignments& assignments);
  void TakeSeed(const v1::EchoSeed& seed);

  const LinkOptions options_;
  const Clock& clock_;
  const OnAssignment on_assignment_;
  const OnSeed on_seed_;
  const ReadVitals vitals_;
  Metrics& metrics_;
  Log& log_;

  // The link's own thread.
  absl::BitGenRef random_;
  Backoff backoff_{absl::Milliseconds(500), absl::Seconds(15)};
  std::optional<absl::Status> last_end_;  // as it was said; nothing since the stream stood
  Instant last_end_said_;
  uint64_t dropped_counted_ = 0;
  uint64_t dropped_said_ = 0;
  std::optional<Instant> dropped_said_at_;

  std::vector<std::string> refused_said_;  // gRPC's reader of the stream alone

  mutable Mutex mutex_;
  CondVar changed_;
  ObservationQueue queue_ GUARDED_BY(mutex_);
  bool connected_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Stream* stream_ GUARDED_BY(mutex_) = nullptr;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_REPORT_CONTROLLER_LINK_H_
