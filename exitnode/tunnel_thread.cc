#include "exitnode/tunnel_thread.h"

#include <chrono>
#include <future>
#include <utility>

#include "asio/post.hpp"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

constexpr std::chrono::seconds kPatience(5);

}  // namespace

absl::StatusOr<std::unique_ptr<TunnelThread>> TunnelThread::Start(const Endpoint& tunnel,
                                                                  const TunnelOptions& options,
                                                                  const Clock& clock, Log& log,
                                                                  std::function<void()> on_change) {
  auto thread = std::unique_ptr<TunnelThread>(new TunnelThread);
  thread->server_.emplace(thread->io_, options, clock, log, std::move(on_change));
  RETURN_IF_ERROR(thread->server_->Start(tunnel));
  thread->endpoint_ = thread->server_->endpoint();
  thread->thread_ = std::thread([io = &thread->io_] { io->run(); });
  return thread;
}

TunnelThread::~TunnelThread() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

// The answer outlives a caller that has lost patience.
template <typename Result>
absl::StatusOr<Result> TunnelThread::Ask(std::function<Result(TunnelServer&)> question) {
  const auto task = std::make_shared<std::packaged_task<Result()>>(
      [this, question = std::move(question)] { return question(*server_); });
  std::future<Result> answer = task->get_future();
  asio::post(io_, [task] { (*task)(); });
  if (answer.wait_for(kPatience) == std::future_status::ready) return answer.get();
  return absl::UnavailableError("the tunnel's thread does not answer");
}

absl::Status TunnelThread::Tell(std::function<void(TunnelServer&)> order) {
  return Ask<bool>([order = std::move(order)](TunnelServer& server) {
           order(server);
           return true;
         })
      .status();
}

absl::Status TunnelThread::Apply(const std::vector<ServiceSpec>& services) {
  return Tell([services](TunnelServer& server) { server.Apply(services); });
}

absl::StatusOr<TunnelReport> TunnelThread::Report() {
  return Ask<TunnelReport>([](TunnelServer& server) { return server.Report(); });
}

absl::Status TunnelThread::Open(const IpAddress& address, Instant until) {
  return Tell([address, until](TunnelServer& server) { server.Admit(address, until); });
}

absl::Status TunnelThread::Close(const IpAddress& address) {
  return Tell([address](TunnelServer& server) { server.Withdraw(address); });
}

}  // namespace lifeboat::exitnode
