#ifndef LIFEBOAT_AGENT_PROBE_TCP_PROBE_H_
#define LIFEBOAT_AGENT_PROBE_TCP_PROBE_H_

#include <cstdint>
#include <functional>

#include "absl/container/flat_hash_map.h"
#include "agent/probe/event_loop.h"
#include "agent/probe/http_probe.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/descriptor.h"

namespace lifeboat::agent {

// Opens TCP connections and closes them at once. Belongs to the loop's thread.
class TcpProbes {
 public:
  using Done = std::function<void(const WireResult&)>;
  using Id = uint64_t;

  explicit TcpProbes(EventLoop& loop) : loop_(loop) {}
  ~TcpProbes();

  // Calls `done` once, never from within, unless cancelled.
  Id Start(const WireRequest& request, Done done);
  void Cancel(Id id);

 private:
  struct Attempt {
    Descriptor socket;
    Instant begun;
    EventLoop::TimerId timer;
    Endpoint to;
    Done done;
  };

  // The errno of socket, bind or connect; 0 when connected or under way.
  static int Connect(const WireRequest& request, Descriptor& socket);
  void OnReady(Id id);
  void Finish(Id id, int error);

  EventLoop& loop_;
  absl::flat_hash_map<Id, Attempt> running_;
  Id last_id_ = 0;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_TCP_PROBE_H_
