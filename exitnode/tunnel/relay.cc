#include "exitnode/tunnel/relay.h"

#include <utility>

#include "asio/experimental/awaitable_operators.hpp"

namespace lifeboat::exitnode {
namespace {

using asio::experimental::awaitable_operators::operator&&;

// How often a direction may go on without letting others have their turn.
constexpr int kMostRounds = 16;

// One direction of a relay.
struct Direction {
  Tcp::socket& from;
  Tcp::socket& to;
  RelayMeter& meter;
  void (RelayMeter::*count)(size_t);
  RelaySide from_side, to_side;
};

// Why a direction stopped, and at which of its sockets that was noticed.
struct Stop {
  asio::error_code error;
  bool in_writing = false;
};

struct RelayState {
  BufferPool& buffers;
  bool one_has_ended = false;
};

// Returns the buffer to its pool when the frame goes, however it goes.
class BorrowedBuffer {
 public:
  explicit BorrowedBuffer(BufferPool& pool) : pool_(pool), buffer_(pool.Take()) {}
  ~BorrowedBuffer() { pool_.GiveBack(std::move(buffer_)); }
  BorrowedBuffer(const BorrowedBuffer&) = delete;
  BorrowedBuffer& operator=(const BorrowedBuffer&) = delete;
  uint8_t* data() { return buffer_->data(); }

 private:
  BufferPool& pool_;
  std::unique_ptr<BufferPool::Buffer> buffer_;
};

asio::awaitable<asio::error_code> WritePatiently(Direction& direction, const uint8_t* data,
                                                 size_t count) {
  while (count > 0) {
    asio::error_code error;
    const size_t written = direction.to.write_some(asio::buffer(data, count), error);
    (direction.meter.*direction.count)(written);
    data += written;
    count -= written;
    if (!error) continue;
    if (error != asio::error::would_block) co_return error;
    const auto [wait_error] = co_await direction.to.async_wait(Tcp::socket::wait_write, kNoThrow);
    if (wait_error) co_return wait_error;
  }
  co_return asio::error_code();
}

// Passes on what has arrived, for a few rounds; would_block once there is no more.
asio::awaitable<Stop> PassOn(Direction& direction, BufferPool& buffers) {
  BorrowedBuffer buffer(buffers);
  Stop stop;
  for (int round = 0; round < kMostRounds; ++round) {
    const size_t count =
        direction.from.read_some(asio::buffer(buffer.data(), BufferPool::kBufferBytes), stop.error);
    if (stop.error) co_return stop;
    stop.error = co_await WritePatiently(direction, buffer.data(), count);
    stop.in_writing = static_cast<bool>(stop.error);
    if (stop.error) co_return stop;
  }
  co_return stop;
}

asio::awaitable<Stop> RunToEnd(Direction& direction, BufferPool& buffers) {
  while (true) {
    const auto [error] = co_await direction.from.async_wait(Tcp::socket::wait_read, kNoThrow);
    if (error) co_return Stop{error};
    const Stop stop = co_await PassOn(direction, buffers);
    if (stop.error && stop.error != asio::error::would_block) co_return stop;
  }
}

asio::awaitable<void> Pump(Direction direction, RelayState& state) {
  const Stop stop = co_await RunToEnd(direction, state.buffers);
  if (!std::exchange(state.one_has_ended, true)) {
    direction.meter.OnFirstEnd(stop.in_writing ? direction.to_side : direction.from_side);
  }
  if (stop.error == asio::error::eof) {
    asio::error_code ignored;
    direction.to.shutdown(Tcp::socket::shutdown_send, ignored);
    co_return;
  }
  Reset(direction.from);  // the other direction ends with it
  Reset(direction.to);
}

}  // namespace

std::unique_ptr<BufferPool::Buffer> BufferPool::Take() {
  if (kept_.empty()) return std::make_unique_for_overwrite<Buffer>();
  auto buffer = std::move(kept_.back());
  kept_.pop_back();
  return buffer;
}

void BufferPool::GiveBack(std::unique_ptr<Buffer> buffer) {
  if (kept_.size() < kMostKept) kept_.push_back(std::move(buffer));
}

asio::awaitable<void> Relay(Tcp::socket& first, Tcp::socket& second, BufferPool& buffers,
                            RelayMeter& meter) {
  RelayState state{buffers};
  const Direction forward{
      first, second, meter, &RelayMeter::OnForward, RelaySide::kFirst, RelaySide::kSecond};
  const Direction back{second,           first, meter, &RelayMeter::OnBack, RelaySide::kSecond,
                       RelaySide::kFirst};
  co_await (Pump(forward, state) && Pump(back, state));
  asio::error_code ignored;
  first.close(ignored);
  second.close(ignored);
}

}  // namespace lifeboat::exitnode
