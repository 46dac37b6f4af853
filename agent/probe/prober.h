#ifndef LIFEBOAT_AGENT_PROBE_PROBER_H_
#define LIFEBOAT_AGENT_PROBE_PROBER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "agent/metrics.h"
#include "agent/plan/plan.h"
#include "agent/probe/curl_multi.h"
#include "agent/probe/echo_seeds.h"
#include "agent/probe/event_loop.h"
#include "agent/probe/http_probe.h"
#include "agent/probe/observation.h"
#include "agent/probe/resolver.h"
#include "agent/probe/tcp_probe.h"
#include "agent/schedule/schedule.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/route.h"

namespace lifeboat::agent {

// Where observations go.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  // Once for each controller that asked. Called in the loop's thread; must not block.
  virtual void OnObservation(const Subscription& to, const Observation& observation) = 0;
};

// Probes what the plan says when the schedule says it. An address to which this host has no way is
// passed over for the next one; where it has a way to none, the probe is void: the fault is ours.
// Belongs to the loop's thread, but for the vitals; takes the loop's turn callback. All that is
// passed in outlives it.
class Prober {
 public:
  Prober(EventLoop& loop, CurlMulti& multi, const Clock& clock, absl::BitGenRef random,
         ObservationSink& sink, Metrics& metrics, Log& log, RouteCheck route = RouteTo);
  ~Prober();

  // What `subscriber` wants from now on; unchanged targets keep their rhythm.
  void Assign(SubscriberId subscriber, uint64_t revision, std::vector<NumberedSpec> wanted);

  // What the nonces of origin echoes are made of.
  void TakeSeed(SubscriberId controller, const EchoBytes& seed) {
    echo_seeds_.Take(controller, seed, clock_.Now());
  }

  // How late probes start, and whether names can be resolved at all; at most 250 ms old.
  // Thread-safe.
  absl::Duration lag_p99() const { return absl::Microseconds(lag_us_.load()); }
  bool resolvers_dead() const { return resolvers_dead_; }
  // When they were taken: much more than 250 ms ago in a loop that hangs.
  Instant last_vitals() const {
    return Instant::SinceBoot(absl::Microseconds(vitals_at_us_.load()));
  }

 private:
  struct Running {
    Instant begun;
    absl::Duration resolve;
    std::vector<IpAddress> addresses;  // each has its turn
    size_t passed_over = 0;            // of them, for want of a way there
    std::optional<IpAddress> address;
    std::optional<EchoSeeds::Source> echo;  // of the nonce that is asked for
    std::function<void()> cancel;
  };

  void OnTurn();
  void StartDue();
  void Arm();
  void Start(ProbeId probe);
  void OnResolved(ProbeId probe, const Resolver::Answer& answer);
  void Begin(ProbeId probe, std::vector<IpAddress> addresses);
  void Connect(ProbeId probe);
  void OnWire(ProbeId probe, const WireResult& result);
  // Whether the probe ended so because this host has no way to its address; says so in words.
  absl::Status WayThere(ProbeId probe, const WireResult& result) const;
  void Report(ProbeId probe, const WireResult& result);
  void Forget(ProbeId probe, absl::string_view why);  // ends a probe without an observation
  void Finish(ProbeId probe);
  void PublishVitals();

  EventLoop& loop_;
  const Clock& clock_;
  ObservationSink& sink_;
  const RouteCheck route_;
  Metrics& metrics_;
  std::array<prometheus::Counter*, kProbeClasses> ended_;
  Log& log_;
  Plan plan_;
  Schedule schedule_;
  EchoSeeds echo_seeds_;
  Resolver resolver_;
  HttpProbes http_;
  TcpProbes tcp_;
  absl::flat_hash_map<ProbeId, Running> running_;
  absl::flat_hash_map<ProbeId, uint32_t> turns_;  // of probes that have several addresses
  EventLoop::TimerId next_start_;
  EventLoop::TimerId next_vitals_;
  std::optional<Instant> void_logged_;
  int voids_ = 0;  // since then
  std::atomic<int64_t> vitals_at_us_{0};
  std::atomic<int64_t> lag_us_{0};
  std::atomic<bool> resolvers_dead_{false};
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_PROBER_H_
