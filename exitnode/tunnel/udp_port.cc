#include "exitnode/tunnel/udp_port.h"

#include <cstring>
#include <utility>
#include <vector>

#include "base/status.h"
#include "exitnode/guard/failure_ledger.h"
#include "exitnode/udp/udp_visitors.h"
#include "exitnode/wire/udp_frame.h"

namespace lifeboat::exitnode {
namespace {

// Two of the longest frames: one that is whole, and what has come of the next.
constexpr size_t kStreamBytes = 2 * kMostUdpFrameBytes;
// How many batches may go on without letting others have their turn.
constexpr int kMostBatches = 4;

}  // namespace

struct UdpPort::State {
  State(Udp::socket socket, const UdpPolicy& policy, UdpHooks hooks, DatagramInbox& inbox,
        const Clock& clock, Log& log)
      : socket(std::move(socket)),
        policy(policy),
        hooks(std::move(hooks)),
        inbox(inbox),
        clock(clock),
        log(log),
        visitors(policy.most_visitors, policy.most_visitors_per_source) {}

  static asio::awaitable<void> TakeArrivals(std::shared_ptr<State> self);
  static asio::awaitable<void> ReadChannel(std::shared_ptr<State> self,
                                           std::shared_ptr<Tcp::socket> channel);
  asio::awaitable<asio::error_code> PassOn();
  void Frame(const Datagram& datagram);
  asio::awaitable<absl::StatusOr<size_t>> Deliver(std::span<const uint8_t> stream,
                                                  DatagramOutbox& outbox);
  asio::awaitable<asio::error_code> FlushPatiently(DatagramOutbox& outbox);
  void DropChannel(const std::shared_ptr<Tcp::socket>& which);

  Udp::socket socket;
  const UdpPolicy policy;
  const UdpHooks hooks;
  DatagramInbox& inbox;
  const Clock& clock;
  Log& log;
  UdpVisitors visitors;
  std::shared_ptr<Tcp::socket> channel;  // null until one is needed
  std::vector<uint8_t> frames;           // to be written to it
  UdpCounts counts;
};

// ------------------------------------------------------------------------------ visitor to origin

asio::awaitable<void> UdpPort::State::TakeArrivals(std::shared_ptr<State> self) {
  while (self->socket.is_open()) {
    const auto [error] = co_await self->socket.async_wait(Udp::socket::wait_read, kNoThrow);
    if (error) co_return;
    if (self->channel == nullptr) {
      // What arrives meanwhile waits in the kernel's buffer.
      std::optional<Tcp::socket> channel = co_await self->hooks.start_channel();
      if (!self->socket.is_open()) co_return;
      if (channel.has_value()) {
        self->channel = std::make_shared<Tcp::socket>(*std::move(channel));
        Spawn(self->socket.get_executor(), ReadChannel(self, self->channel), self->log);
      }
    }
    if (co_await self->PassOn()) co_return;
  }
}

// All that has arrived, for a few batches; an error is the socket's end.
asio::awaitable<asio::error_code> UdpPort::State::PassOn() {
  for (int batch = 0; batch < kMostBatches; ++batch) {
    asio::error_code error;
    const size_t count = inbox.Receive(socket.native_handle(), error);
    if (error == asio::error::would_block) co_return asio::error_code();
    if (error) co_return error;
    frames.clear();
    for (size_t i = 0; i < count; ++i) Frame(inbox.at(i));
    const std::shared_ptr<Tcp::socket> to = channel;
    if (to == nullptr || frames.empty()) continue;
    const Deadline deadline(*to, policy.write_limit);
    if (!(co_await WriteAll(*to, frames)).ok()) DropChannel(to);
  }
  co_return asio::error_code();
}

void UdpPort::State::Frame(const Datagram& datagram) {
  const size_t known = visitors.size();
  const bool heard =
      channel != nullptr && visitors.Hear(datagram.peer, datagram.local, clock.Now());
  if (!heard || !AppendUdpFrame(datagram.peer, datagram.payload, frames).ok()) {
    ++counts.dropped_total;
    return;
  }
  if (visitors.size() > known) ++counts.visitors_total;
  hooks.on_in(datagram.payload.size());
}

// ------------------------------------------------------------------------------ origin to visitor

asio::awaitable<void> UdpPort::State::ReadChannel(std::shared_ptr<State> self,
                                                  std::shared_ptr<Tcp::socket> channel) {
  std::vector<uint8_t> stream(kStreamBytes);
  DatagramOutbox outbox;  // of payloads in `stream`
  size_t held = 0;
  while (true) {
    const auto [error, count] =
        co_await channel->async_read_some(asio::buffer(stream) + held, kNoThrow);
    if (error) break;
    held += count;
    const absl::StatusOr<size_t> taken = co_await self->Deliver({stream.data(), held}, outbox);
    if (!taken.ok()) {
      self->log.Warning("tunnel", "a data channel of datagrams is dropped",
                        {{"why", Words(taken.status())}});
      break;
    }
    held -= *taken;
    std::memmove(stream.data(), stream.data() + *taken, held);
  }
  self->DropChannel(channel);
}

// Returns how many bytes of `stream` were whole frames.
asio::awaitable<absl::StatusOr<size_t>> UdpPort::State::Deliver(std::span<const uint8_t> stream,
                                                                DatagramOutbox& outbox) {
  size_t taken = 0;
  while (true) {
    const auto frame = DecodeUdpFrame(stream.subspan(taken));
    if (!frame.ok()) co_return frame.status();
    if (!frame->has_value()) break;
    taken += (*frame)->bytes;
    const auto local = visitors.LocalFor((*frame)->visitor);
    if (!local.has_value()) {
      ++counts.unsolicited_total;
      continue;
    }
    outbox.Add({(*frame)->visitor, *local, (*frame)->payload});
    hooks.on_out((*frame)->payload.size());
  }
  if (const asio::error_code error = co_await FlushPatiently(outbox); error) {
    co_return ToStatus(error, "sending datagrams");
  }
  co_return taken;
}

asio::awaitable<asio::error_code> UdpPort::State::FlushPatiently(DatagramOutbox& outbox) {
  while (true) {
    const asio::error_code error = outbox.Flush(socket.native_handle());
    if (error != asio::error::would_block) co_return error;
    const auto [waiting] = co_await socket.async_wait(Udp::socket::wait_write, kNoThrow);
    if (waiting) co_return waiting;
  }
}

void UdpPort::State::DropChannel(const std::shared_ptr<Tcp::socket>& which) {
  asio::error_code ignored;
  which->close(ignored);
  if (channel == which) channel = nullptr;
}

// ------------------------------------------------------------------------------------------- port

UdpPort::UdpPort(const asio::any_io_executor& executor, const Endpoint& endpoint,
                 const UdpPolicy& policy, DatagramInbox& inbox, const Clock& clock, Log& log)
    : executor_(executor),
      endpoint_(endpoint),
      policy_(policy),
      inbox_(inbox),
      clock_(clock),
      log_(log) {}

absl::Status UdpPort::Ensure(const FilterProgram* filter, const UdpHooks& hooks) {
  if (state_ != nullptr) {
    const int socket = state_->socket.native_handle();
    const absl::Status status =
        filter != nullptr ? AttachFilter(socket, *filter) : DetachFilter(socket);
    if (!status.ok() && filter != nullptr) Close();
    return status;
  }
  const auto darken = [filter](int socket) {
    return filter != nullptr ? AttachFilter(socket, *filter) : absl::OkStatus();
  };
  ASSIGN_OR_RETURN(Udp::socket socket, BindUdp(executor_, endpoint_, darken));
  state_ = std::make_shared<State>(std::move(socket), policy_, hooks, inbox_, clock_, log_);
  Spawn(executor_, State::TakeArrivals(state_), log_);
  return absl::OkStatus();
}

void UdpPort::Close() {
  if (state_ == nullptr) return;
  RenewChannel();
  asio::error_code ignored;
  state_->socket.close(ignored);
  state_ = nullptr;
}

void UdpPort::RenewChannel() {
  if (state_ == nullptr || state_->channel == nullptr) return;
  const std::shared_ptr<Tcp::socket> channel = state_->channel;
  state_->DropChannel(channel);
}

void UdpPort::ForgetIdleVisitors() {
  if (state_ != nullptr) state_->visitors.ForgetIdle(clock_.Now());
}

bool UdpPort::listening() const { return state_ != nullptr; }

UdpCounts UdpPort::counts() const {
  if (state_ == nullptr) return {};
  UdpCounts counts = state_->counts;
  counts.visitors = static_cast<uint32_t>(state_->visitors.size());
  return counts;
}

Endpoint UdpPort::local_endpoint() const {
  if (state_ == nullptr) return endpoint_;
  asio::error_code error;
  const Udp::endpoint local = state_->socket.local_endpoint(error);
  if (error) return endpoint_;
  return Endpoint::FromSockaddr(local.data()).value_or(endpoint_);
}

}  // namespace lifeboat::exitnode
