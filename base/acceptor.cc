#include "base/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/status.h"

namespace lifeboat {
namespace {

constexpr int kMostAtOnce = 64;
constexpr absl::Duration kFirstPause = absl::Milliseconds(5);
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);

int DescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

// Left for everything else that the process opens.
int SpareDescriptors() { return std::max(8, std::min(DescriptorLimit() / 8, 256)); }

NewcomerLimits FitToProcess(NewcomerLimits limits) {
  limits.in_all = std::max(4, std::min(limits.in_all, DescriptorLimit() / 4));
  limits.per_prefix = std::max(1, std::min(limits.per_prefix, limits.in_all / 4));
  return limits;
}

Descriptor OpenReserve() { return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool IsOpen(const Newcomers::Socket& socket) {
  struct stat found {};
  return fstat(socket.descriptor, &found) == 0 && found.st_ino == socket.inode;
}

bool IsOutOfDescriptors(int error) { return error == EMFILE || error == ENFILE; }

}  // namespace

struct Acceptor::Metrics {
  explicit Metrics(prometheus::Registry& registry) : registry(registry) {}

  prometheus::Counter& Refused(const char* reason) {
    return Counter(registry, "lifeboat_connections_refused_total",
                   "Connections closed before a word, by reason.", {{"reason", reason}});
  }

  prometheus::Registry& registry;
  prometheus::Counter& accepted =
      Counter(registry, "lifeboat_connections_accepted_total", "Connections handed to gRPC.");
  prometheus::Counter& errors =
      Counter(registry, "lifeboat_accept_errors_total", "Calls of accept that failed, and passed.");
  prometheus::Counter& too_many = Refused("strangers");
  prometheus::Counter& too_many_of_prefix = Refused("strangers_of_prefix");
  prometheus::Counter& descriptors = Refused("descriptors");
};

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(AcceptorOptions options,
                                                           const Clock& clock, Log& log,
                                                           prometheus::Registry& registry) {
  ASSIGN_OR_RETURN(const Endpoint at, Endpoint::Parse(options.listen));
  ASSIGN_OR_RETURN(Listener listener, ListenTcp(at));
  auto acceptor = std::unique_ptr<Acceptor>(
      new Acceptor(std::move(options), std::move(listener), clock, log, registry));
  if (!acceptor->stop_.ok()) return ErrnoStatus(errno, "making an eventfd");
  return acceptor;
}

Acceptor::Acceptor(AcceptorOptions options, Listener listener, const Clock& clock, Log& log,
                   prometheus::Registry& registry)
    : options_(std::move(options)),
      local_(listener.local),
      clock_(clock),
      log_(log),
      metrics_(std::make_unique<Metrics>(registry)),
      listener_(std::move(listener.socket)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      reserve_(OpenReserve()),
      newcomers_(FitToProcess(options_.newcomers)) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Start(std::function<void(int)> hand_over) {
  hand_over_ = std::move(hand_over);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  listener_.Reset();
}

void Acceptor::Authenticated(const Endpoint& peer) {
  if (!has_newcomers()) return;
  MutexLock lock(mutex_);
  newcomers_.Forget(peer);
  newcomer_count_ = newcomers_.count();
}

void Acceptor::Run() {
  absl::Duration pause = absl::ZeroDuration();
  while (WaitForNext(pause)) {
    const Outcome outcome = AcceptSome();
    // Doubling from the first trouble on; level-triggered polling would spin otherwise.
    pause = outcome == Outcome::kTrouble ? std::clamp(pause * 2, kFirstPause, kLongestPause)
                                         : absl::ZeroDuration();
  }
}

// Returns false when it is time to stop. In a pause only that is waited for.
bool Acceptor::WaitForNext(absl::Duration pause) {
  std::array<pollfd, 2> waits = {pollfd{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  const bool pausing = pause > absl::ZeroDuration();
  poll(waits.data(), pausing ? 1 : 2,
       pausing ? static_cast<int>(absl::ToInt64Milliseconds(pause)) : -1);
  return waits[0].revents == 0;
}

Acceptor::Outcome Acceptor::AcceptSome() {
  for (int i = 0; i < kMostAtOnce; ++i) {
    const Outcome outcome = AcceptOne();
    if (outcome != Outcome::kAccepted) return outcome;
  }
  return Outcome::kAccepted;
}

Acceptor::Outcome Acceptor::AcceptOne() {
  sockaddr_storage from{};
  socklen_t length = sizeof(from);
  Descriptor connection(options_.accept(listener_.get(), reinterpret_cast<sockaddr*>(&from),
                                        &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection.ok()) return OnError(errno);
  Admit(std::move(connection), from);
  return Outcome::kAccepted;
}

// No errno ends the loop: what passes by itself passes, and the rest is said and tried again.
Acceptor::Outcome Acceptor::OnError(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) return Outcome::kNoneWaiting;
  metrics_->errors.Increment();
  // The caller hung up before we came, or a signal: the next one may be well.
  if (error == EINTR || error == ECONNABORTED) return Outcome::kAccepted;
  if (clock_.Now() >= quiet_until_) {
    log_.Warning("accept", "accepting failed; trying on",
                 {{"listen", local_.ToString()}, {"why", std::strerror(error)}});
    quiet_until_ = clock_.Now() + absl::Seconds(10);
  }
  if (IsOutOfDescriptors(error)) ShedOne();
  return Outcome::kTrouble;
}

// Tells one caller now instead of leaving it in the backlog until its patience ends.
void Acceptor::ShedOne() {
  reserve_.Reset();
  Descriptor connection(options_.accept(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (connection.ok()) Refuse(std::move(connection), metrics_->descriptors);
  reserve_ = OpenReserve();
}

void Acceptor::Admit(Descriptor connection, const sockaddr_storage& from) {
  struct stat found {};
  const auto peer = Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(&from));
  if (!peer.ok() || fstat(connection.get(), &found) != 0) return;  // gone already
  {
    MutexLock lock(mutex_);
    if (prometheus::Counter* reason = ReasonToRefuse(connection.get(), peer->address)) {
      return Refuse(std::move(connection), *reason);
    }
    newcomers_.Add(*peer, {connection.get(), found.st_ino}, clock_.Now());
    newcomer_count_ = newcomers_.count();
  }
  metrics_->accepted.Increment();
  hand_over_(connection.Release());
}

prometheus::Counter* Acceptor::ReasonToRefuse(int descriptor, const IpAddress& from) {
  // The kernel gives the lowest free number, so a high one says how few are left.
  if (descriptor >= DescriptorLimit() - SpareDescriptors()) return &metrics_->descriptors;
  Newcomers::Answer answer = newcomers_.Ask(from);
  constexpr absl::Duration kBetweenSweeps = absl::Milliseconds(20);
  const Instant now = clock_.Now();
  if (answer != Newcomers::Answer::kWelcome && now >= swept_at_ + kBetweenSweeps) {
    newcomers_.Sweep(now, IsOpen);
    swept_at_ = now;
    answer = newcomers_.Ask(from);
  }
  if (answer == Newcomers::Answer::kTooMany) return &metrics_->too_many;
  if (answer == Newcomers::Answer::kTooManyOfPrefix) return &metrics_->too_many_of_prefix;
  return nullptr;
}

void Acceptor::Refuse(Descriptor connection, prometheus::Counter& reason) {
  reason.Increment();
  const linger reset{.l_onoff = 1, .l_linger = 0};  // no TIME_WAIT for those we turn away
  (void)setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

}  // namespace lifeboat
