#include "base/clock_kicker.h"

#include <memory>
#include <utility>

#include "base/steady_timers.h"
#include "grpc/event_engine/event_engine.h"
#include "grpc/grpc.h"

// gRPC's own way to wake its timer thread, exported by the libgrpc of Debian 12 (1.51), the only
// one that Lifeboat runs with. Setting an Alarm is not enough: that wakes the thread only when it
// comes before all other timers, and so never once one of those is overdue.
void grpc_kick_poller();

namespace lifeboat {
namespace {

using grpc_event_engine::experimental::EndpointConfig;
using grpc_event_engine::experimental::EventEngine;
using grpc_event_engine::experimental::MemoryAllocator;
using grpc_event_engine::experimental::MemoryAllocatorFactory;

constexpr absl::Duration kBetweenKicks = absl::Milliseconds(250);

// gRPC's event engine, but for its timers.
struct EngineParts {
  explicit EngineParts(std::unique_ptr<EventEngine> grpcs) : engine(std::move(grpcs)) {}

  const SystemClock clock;
  const std::shared_ptr<EventEngine> engine;
  SteadyTimers timers{clock};  // first to go: its tasks run on the engine
};

class SteadyEventEngine final : public EventEngine {
 public:
  explicit SteadyEventEngine(std::shared_ptr<EngineParts> parts) : parts_(std::move(parts)) {}

  TaskHandle RunAfter(Duration when, Closure* closure) override {
    return RunAfter(when, [closure] { closure->Run(); });
  }
  TaskHandle RunAfter(Duration when, absl::AnyInvocable<void()> closure) override {
    const auto handle = parts_->timers.RunAfter(
        absl::FromChrono(when),
        [engine = parts_->engine.get(), closure = std::move(closure)]() mutable {
          engine->Run(std::move(closure));
        });
    return {{handle.first, handle.second}};
  }
  bool Cancel(TaskHandle handle) override {
    return parts_->timers.Cancel({handle.keys[0], handle.keys[1]});
  }

  // The rest is gRPC's.
  void Run(Closure* closure) override { parts_->engine->Run(closure); }
  void Run(absl::AnyInvocable<void()> closure) override { parts_->engine->Run(std::move(closure)); }
  bool IsWorkerThread() override { return parts_->engine->IsWorkerThread(); }
  std::unique_ptr<DNSResolver> GetDNSResolver(
      const DNSResolver::ResolverOptions& options) override {
    return parts_->engine->GetDNSResolver(options);
  }
  ConnectionHandle Connect(OnConnectCallback on_connect, const ResolvedAddress& address,
                           const EndpointConfig& config, MemoryAllocator allocator,
                           Duration timeout) override {
    return parts_->engine->Connect(std::move(on_connect), address, config, std::move(allocator),
                                   timeout);
  }
  bool CancelConnect(ConnectionHandle handle) override {
    return parts_->engine->CancelConnect(handle);
  }
  absl::StatusOr<std::unique_ptr<Listener>> CreateListener(
      Listener::AcceptCallback on_accept, absl::AnyInvocable<void(absl::Status)> on_shutdown,
      const EndpointConfig& config,
      std::unique_ptr<MemoryAllocatorFactory> allocator_factory) override {
    return parts_->engine->CreateListener(std::move(on_accept), std::move(on_shutdown), config,
                                          std::move(allocator_factory));
  }

 private:
  const std::shared_ptr<EngineParts> parts_;
};

}  // namespace

ClockKicker::ClockKicker() {
  grpc_init();  // the timer thread lives from here on
  namespace engines = grpc_event_engine::experimental;
  // One for good: gRPC drops its engine with the last channel and makes another with the next.
  auto parts = std::make_shared<EngineParts>(engines::CreateEventEngine());
  engines::SetEventEngineFactory([parts] { return std::make_unique<SteadyEventEngine>(parts); });
  thread_ = std::thread([this] { Run(); });
}

ClockKicker::~ClockKicker() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
  grpc_event_engine::experimental::EventEngineFactoryReset();
  grpc_shutdown();
}

void ClockKicker::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    stop_.WaitFor(mutex_, kBetweenKicks);
    grpc_kick_poller();
  }
}

}  // namespace lifeboat
