#include "exitnode/tunnel/relay.h"

#include <cstring>
#include <memory>
#include <utility>

#include "asio/experimental/awaitable_operators.hpp"

namespace lifeboat::exitnode {
namespace {

using asio::experimental::awaitable_operators::operator&&;

// What an idle direction reads into: a request, as a rule.
constexpr size_t kSmallBytes = 1024;
// How many full buffers in a row make a direction bulk.
constexpr int kFullBuffersOfBulk = 4;
// Bulk that comes in pieces smaller than this for so many turns is none any more.
constexpr size_t kBulkPiece = 16 * 1024;
constexpr int kSmallPiecesOfCalm = 16;
// How often a direction may go on without letting others have their turn.
constexpr int kMostRounds = 16;
constexpr size_t kKeptBuffers = 64, kKeptPipes = 32;

// One direction of a relay.
struct Direction {
  Tcp::socket& from;
  Tcp::socket& to;
  RelayMeter& meter;
  void (RelayMeter::*count)(size_t);
  RelaySide from_side, to_side;

  void Count(size_t bytes) const { (meter.*count)(bytes); }
};

// Why a direction stopped, and at which of its sockets that was noticed.
struct Stop {
  asio::error_code error;  // none: it goes on, in the other manner
  bool in_writing = false;
};

bool IsPause(const asio::error_code& error) { return error == asio::error::would_block; }

asio::awaitable<asio::error_code> WritePatiently(Direction& direction, const uint8_t* data,
                                                 size_t count) {
  while (count > 0) {
    asio::error_code error;
    const size_t written = direction.to.write_some(asio::buffer(data, count), error);
    direction.Count(written);
    data += written;
    count -= written;
    if (!error) continue;
    if (!IsPause(error)) co_return error;
    const auto [wait_error] = co_await direction.to.async_wait(Tcp::socket::wait_write, kNoThrow);
    if (wait_error) co_return wait_error;
  }
  co_return asio::error_code();
}

// ------------------------------------------------------------------------------------------- copy

// Passes on what `buffer` holds and what else there is, until there is no more or it is bulk.
// Returns in `error` would_block where there is no more, nothing where it is bulk.
asio::awaitable<Stop> CopyOn(Direction& direction, RelayPools::Buffer& buffer, size_t count) {
  Stop stop;
  for (int full = 0; full < kFullBuffersOfBulk;) {
    count += direction.from.read_some(asio::buffer(buffer.data() + count, buffer.size() - count),
                                      stop.error);
    const asio::error_code reading = stop.error;
    stop.error = co_await WritePatiently(direction, buffer.data(), count);
    stop.in_writing = static_cast<bool>(stop.error);
    if (stop.error) co_return stop;
    stop.error = reading;
    if (reading) co_return stop;
    full = count == buffer.size() ? full + 1 : 0;
    // A short read has emptied the socket: the next one would say so, at the price of a call.
    if (full == 0) co_return Stop{asio::error::would_block};
    count = 0;
  }
  co_return stop;
}

// Until the direction ends, or turns bulk. The read into the frame costs an idle direction no
// buffer, and a small message no second call.
asio::awaitable<Stop> CopyWhileSmall(Direction& direction, RelayPools& pools) {
  std::array<uint8_t, kSmallBytes> small;
  while (true) {
    const auto [error, count] =
        co_await direction.from.async_read_some(asio::buffer(small), kNoThrow);
    if (error) co_return Stop{error};
    auto buffer =
        count == small.size() ? pools.buffers.Borrow() : LoanPool<RelayPools::Buffer>::Loan();
    if (!buffer) {
      const asio::error_code failed = co_await WritePatiently(direction, small.data(), count);
      if (failed) co_return Stop{failed, true};
      continue;
    }
    std::memcpy(buffer->data(), small.data(), count);
    const Stop stop = co_await CopyOn(direction, *buffer, count);
    if (!IsPause(stop.error)) co_return stop;
  }
}

// ----------------------------------------------------------------------------------------- splice

asio::awaitable<asio::error_code> DrainPatiently(Direction& direction, SplicePipe& pipe) {
  while (pipe.held() > 0) {
    asio::error_code error;
    direction.Count(pipe.Drain(direction.to.native_handle(), error));
    if (!error) continue;
    if (!IsPause(error)) co_return error;
    const auto [wait_error] = co_await direction.to.async_wait(Tcp::socket::wait_write, kNoThrow);
    if (wait_error) co_return wait_error;
  }
  co_return asio::error_code();
}

// Passes on what there is, for a few rounds. would_block: there is no more. `moved` grows.
asio::awaitable<Stop> SpliceOn(Direction& direction, SplicePipe& pipe, size_t& moved) {
  Stop stop;
  for (int round = 0; round < kMostRounds; ++round) {
    moved += pipe.Fill(direction.from.native_handle(), stop.error);
    if (stop.error) co_return stop;
    stop.error = co_await DrainPatiently(direction, pipe);
    stop.in_writing = static_cast<bool>(stop.error);
    if (stop.error) co_return stop;
  }
  co_return stop;
}

// Until the direction ends, or is bulk no more.
asio::awaitable<Stop> SpliceWhileBulk(Direction& direction, RelayPools& pools) {
  for (int small = 0; small < kSmallPiecesOfCalm;) {
    auto pipe = pools.pipes.Borrow();
    if (!pipe) co_return Stop{};
    size_t moved = 0;
    const Stop stop = co_await SpliceOn(direction, *pipe, moved);
    if (pipe->held() > 0) pipe.Spoil();
    pipe.Return();
    if (stop.error && !IsPause(stop.error)) co_return stop;
    small = moved < kBulkPiece ? small + 1 : 0;
    const auto [error] = co_await direction.from.async_wait(Tcp::socket::wait_read, kNoThrow);
    if (error) co_return Stop{error};
  }
  co_return Stop{};
}

// ------------------------------------------------------------------------------------------ relay

asio::awaitable<Stop> RunToEnd(Direction& direction, RelayPools& pools) {
  while (true) {
    Stop stop = co_await CopyWhileSmall(direction, pools);
    if (stop.error) co_return stop;
    stop = co_await SpliceWhileBulk(direction, pools);
    if (stop.error) co_return stop;
  }
}

struct RelayState {
  RelayPools& pools;
  bool one_has_ended = false;
};

asio::awaitable<void> Pump(Direction direction, RelayState& state) {
  const Stop stop = co_await RunToEnd(direction, state.pools);
  const bool is_first = !std::exchange(state.one_has_ended, true);
  if (is_first)
    direction.meter.OnFirstEnd(stop.in_writing ? direction.to_side : direction.from_side);
  if (stop.error == asio::error::eof) {
    asio::error_code ignored;
    // After the second end both sockets are closed at once, which says the same.
    if (is_first) direction.to.shutdown(Tcp::socket::shutdown_send, ignored);
    co_return;
  }
  Reset(direction.from);  // the other direction ends with it
  Reset(direction.to);
}

}  // namespace

RelayPools::RelayPools(size_t most_buffers, size_t most_pipes)
    : buffers(most_buffers, kKeptBuffers, [] { return std::make_unique_for_overwrite<Buffer>(); }),
      pipes(most_pipes, kKeptPipes, &SplicePipe::Make) {}

asio::awaitable<void> Relay(Tcp::socket& first, Tcp::socket& second, RelayPools& pools,
                            RelayMeter& meter) {
  RelayState state{pools};
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
