#include "exitnode/connector/datagram_carrier.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/container/btree_map.h"
#include "base/status.h"
#include "exitnode/wire/udp_frame.h"

namespace lifeboat::exitnode {
namespace {

// Two of the longest frames: one that is whole, and what has come of the next.
constexpr size_t kStreamBytes = 2 * kMostUdpFrameBytes;
constexpr int kMostBatches = 4;  // without letting others have their turn

// One visitor's socket towards the target.
struct Flow {
  Flow(Udp::socket socket, const Endpoint& visitor) : socket(std::move(socket)), visitor(visitor) {}
  Udp::socket socket;
  const Endpoint visitor;
  std::chrono::steady_clock::time_point last;  // that anything went either way
};

// What the coroutines of one channel share. They end once `ended` is true.
struct Carrier : std::enable_shared_from_this<Carrier> {
  Carrier(std::shared_ptr<Tcp::socket> channel, const Udp::endpoint& target,
          const DatagramLimits& limits, DatagramInbox& inbox, DatagramMeter& meter, Log& log)
      : executor(channel->get_executor()),
        channel(std::move(channel)),
        target(target),
        limits(limits),
        inbox(inbox),
        meter(meter),
        log(log),
        something_to_write(executor),
        sweep(executor) {}

  static asio::awaitable<void> ReadTarget(std::shared_ptr<Carrier> self,
                                          std::shared_ptr<Flow> flow);
  static asio::awaitable<void> Write(std::shared_ptr<Carrier> self);
  static asio::awaitable<void> Sweep(std::shared_ptr<Carrier> self);
  absl::StatusOr<size_t> PassOn(std::span<const uint8_t> stream);
  void Send(const UdpFrame& frame);
  std::shared_ptr<Flow> FlowOf(const Endpoint& visitor);
  void MakeRoom();
  void TakeAnswers(Flow& flow, size_t count);
  void Drop(const Flow& flow);
  void End();

  const asio::any_io_executor executor;
  const std::shared_ptr<Tcp::socket> channel;
  bool ended = false;
  const Udp::endpoint target;
  const DatagramLimits limits;
  DatagramInbox& inbox;
  DatagramMeter& meter;
  Log& log;
  absl::btree_map<Endpoint, std::shared_ptr<Flow>> flows;  // by visitor
  std::vector<uint8_t> unwritten;                          // frames for the channel
  asio::steady_timer something_to_write;                   // cancelled when there is
  asio::steady_timer sweep;
};

// -------------------------------------------------------------------------------- exit to target

// Returns how many bytes of `stream` were whole frames.
absl::StatusOr<size_t> Carrier::PassOn(std::span<const uint8_t> stream) {
  size_t taken = 0;
  while (true) {
    ASSIGN_OR_RETURN(const auto frame, DecodeUdpFrame(stream.subspan(taken)));
    if (!frame.has_value()) return taken;
    taken += frame->bytes;
    Send(*frame);
  }
}

void Carrier::Send(const UdpFrame& frame) {
  const std::shared_ptr<Flow> flow = FlowOf(frame.visitor);
  if (flow == nullptr) return meter.OnDropped();
  asio::error_code error;
  const auto payload = asio::buffer(frame.payload.data(), frame.payload.size());
  flow->socket.send(payload, 0, error);
  // The first send after the target refused one gives back that refusal, and sends nothing.
  if (error == asio::error::connection_refused) flow->socket.send(payload, 0, error);
  if (error) return meter.OnDropped();
  meter.OnIn(frame.payload.size());
}

// Null where there is no room for one more, or no descriptor.
std::shared_ptr<Flow> Carrier::FlowOf(const Endpoint& visitor) {
  const auto known = flows.find(visitor);
  if (known != flows.end()) {
    known->second->last = std::chrono::steady_clock::now();
    return known->second;
  }
  MakeRoom();
  if (flows.size() >= limits.most_visitors || !meter.HasRoom()) return nullptr;
  Udp::socket socket(executor);
  asio::error_code error;
  socket.connect(target, error);
  if (!error) socket.non_blocking(true, error);
  if (error) return nullptr;
  const auto flow = std::make_shared<Flow>(std::move(socket), visitor);
  flow->last = std::chrono::steady_clock::now();
  flows.emplace(visitor, flow);
  meter.OnVisitors(1);
  Spawn(executor, ReadTarget(shared_from_this(), flow), log);
  return flow;
}

// Where there are too many, the visitor that has been idle the longest goes: a crowd that comes
// once shuts nobody out who comes again.
void Carrier::MakeRoom() {
  if (flows.empty() || (flows.size() < limits.most_visitors && meter.HasRoom())) return;
  const auto idlest = std::min_element(
      flows.begin(), flows.end(),
      [](const auto& a, const auto& b) { return a.second->last < b.second->last; });
  Drop(*idlest->second);
}

// -------------------------------------------------------------------------------- target to exit

asio::awaitable<void> Carrier::ReadTarget(std::shared_ptr<Carrier> self,
                                          std::shared_ptr<Flow> flow) {
  while (true) {
    const auto [error] = co_await flow->socket.async_wait(Udp::socket::wait_read, kNoThrow);
    if (error) co_return;
    for (int batch = 0; batch < kMostBatches; ++batch) {
      asio::error_code received;
      const size_t count = self->inbox.Receive(flow->socket.native_handle(), received);
      if (received == asio::error::would_block) break;
      if (received) co_return self->Drop(*flow);
      self->TakeAnswers(*flow, count);
    }
  }
}

void Carrier::TakeAnswers(Flow& flow, size_t count) {
  flow.last = std::chrono::steady_clock::now();
  for (size_t i = 0; i < count; ++i) {
    const std::span<const uint8_t> payload = inbox.at(i).payload;
    const bool room = unwritten.size() + payload.size() <= limits.most_unwritten;
    if (!room || !AppendUdpFrame(flow.visitor, payload, unwritten).ok()) {
      meter.OnDropped();
      continue;
    }
    meter.OnOut(payload.size());
  }
  something_to_write.cancel();
}

asio::awaitable<void> Carrier::Write(std::shared_ptr<Carrier> self) {
  std::vector<uint8_t> frames;
  while (!self->ended) {
    if (self->unwritten.empty()) {
      self->something_to_write.expires_at(std::chrono::steady_clock::time_point::max());
      co_await self->something_to_write.async_wait(kNoThrow);
      continue;
    }
    frames.clear();
    std::swap(frames, self->unwritten);
    const Deadline deadline(*self->channel, self->limits.write_limit);
    if (!(co_await WriteAll(*self->channel, frames)).ok()) co_return;  // its reader ends, too
  }
}

// ------------------------------------------------------------------------------------------- ends

asio::awaitable<void> Carrier::Sweep(std::shared_ptr<Carrier> self) {
  while (!self->ended) {
    self->sweep.expires_after(self->limits.idle / 4);
    co_await self->sweep.async_wait(kNoThrow);
    const auto idle_since = std::chrono::steady_clock::now() - self->limits.idle;
    std::vector<std::shared_ptr<Flow>> idle;
    for (const auto& [visitor, flow] : self->flows) {
      if (flow->last <= idle_since) idle.push_back(flow);
    }
    for (const auto& flow : idle) self->Drop(*flow);
  }
}

void Carrier::Drop(const Flow& flow) {
  const auto place = flows.find(flow.visitor);
  if (place == flows.end() || place->second.get() != &flow) return;
  const std::shared_ptr<Flow> dropped = place->second;  // `flow` lives as long
  asio::error_code ignored;
  dropped->socket.close(ignored);
  flows.erase(place);
  meter.OnVisitors(-1);
}

void Carrier::End() {
  ended = true;
  asio::error_code ignored;
  channel->close(ignored);
  something_to_write.cancel();
  sweep.cancel();
  while (!flows.empty()) Drop(*flows.begin()->second);
}

}  // namespace

asio::awaitable<absl::Status> CarryDatagrams(std::shared_ptr<Tcp::socket> channel,
                                             Udp::endpoint target, std::vector<uint8_t> said,
                                             DatagramLimits limits, DatagramInbox& inbox,
                                             DatagramMeter& meter, Log& log) {
  const auto carrier = std::make_shared<Carrier>(channel, target, limits, inbox, meter, log);
  Spawn(carrier->executor, Carrier::Write(carrier), log);
  Spawn(carrier->executor, Carrier::Sweep(carrier), log);
  size_t held = said.size();
  std::vector<uint8_t> stream = std::move(said);
  stream.resize(std::max(kStreamBytes, held));
  absl::Status ended;
  while (ended.ok()) {
    const absl::StatusOr<size_t> taken = carrier->PassOn({stream.data(), held});
    ended = taken.status();
    if (!ended.ok()) break;
    held -= *taken;
    std::memmove(stream.data(), stream.data() + *taken, held);
    const auto [error, count] =
        co_await channel->async_read_some(asio::buffer(stream) + held, kNoThrow);
    held += count;
    ended = ToStatus(error, "the data channel");
  }
  carrier->End();
  co_return ended;
}

}  // namespace lifeboat::exitnode
