#ifndef LIFEBOAT_BASE_ACCEPTOR_H_
#define LIFEBOAT_BASE_ACCEPTOR_H_

#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/listener.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/newcomers.h"

namespace lifeboat {

struct AcceptorOptions {
  // "192.0.2.1:7443", "[::]:7443" (IPv4 too); port 0 is the kernel's choice.
  std::string listen;
  // In all: at most a quarter of the process's descriptors, whatever is said here; per prefix: at
  // most a quarter of that.
  NewcomerLimits newcomers;
  // As accept4(2); a test puts faults here.
  std::function<int(int, sockaddr*, socklen_t*, int)> accept = accept4;
};

// A listening socket with a thread that accepts and hands over, and that no errno makes deaf
// (docs/decisions/005.md). Strangers are counted until Authenticated names them, and refused above
// the limits or when few descriptors are left. Thread-safe.
class Acceptor {
 public:
  // Binds and listens. An address that is in use or not ours is FAILED_PRECONDITION and named.
  // `clock`, `log` and `registry` outlive the acceptor.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(AcceptorOptions options,
                                                          const Clock& clock, Log& log,
                                                          prometheus::Registry& registry);
  ~Acceptor();

  // From now on each connection (non-blocking, TCP_NODELAY) goes to `hand_over`, which owns the
  // descriptor and does not block. Call once.
  void Start(std::function<void(int descriptor)> hand_over);
  // Closes the port; `hand_over` is not called after the return.
  void Stop();
  // The connection from `peer` has shown who it is.
  void Authenticated(const Endpoint& peer);

  // Whether Authenticated has anything to do; cheap.
  bool has_newcomers() const { return newcomer_count_.load(std::memory_order_relaxed) > 0; }
  const Endpoint& local() const { return local_; }
  int listener() const { return listener_.get(); }

 private:
  // What is known after a call of accept.
  enum class Outcome { kAccepted, kNoneWaiting, kTrouble };
  struct Metrics;

  Acceptor(AcceptorOptions options, Listener listener, const Clock& clock, Log& log,
           prometheus::Registry& registry);
  void Run();
  bool WaitForNext(absl::Duration pause);
  Outcome AcceptSome();
  Outcome AcceptOne();
  Outcome OnError(int error);
  void ShedOne();
  void Admit(Descriptor connection, const sockaddr_storage& from);
  prometheus::Counter* ReasonToRefuse(int descriptor, const IpAddress& from)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Refuse(Descriptor connection, prometheus::Counter& reason);

  const AcceptorOptions options_;
  const Endpoint local_;
  const Clock& clock_;
  Log& log_;
  const std::unique_ptr<Metrics> metrics_;
  Descriptor listener_;
  Descriptor stop_;      // an eventfd
  Descriptor reserve_;   // given up to accept and close when there is no other; accept thread only
  Instant quiet_until_;  // for the log; accept thread only
  Instant swept_at_;     // accept thread only
  std::function<void(int)> hand_over_;

  Mutex mutex_;
  Newcomers newcomers_ GUARDED_BY(mutex_);
  std::atomic<int> newcomer_count_ = 0;  // spares Authenticated the lock on nearly every call
  std::thread thread_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_ACCEPTOR_H_
