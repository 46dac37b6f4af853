#include "exitnode/tunnel/session.h"

#include <array>
#include <utility>
#include <variant>
#include <vector>

#include "asio/experimental/awaitable_operators.hpp"

namespace lifeboat::exitnode {
namespace {

using asio::experimental::awaitable_operators::operator||;

// `count` times the command to create a data channel, as one write.
std::vector<uint8_t> CreateCommands(int count) {
  std::vector<uint8_t> bytes;
  const WordBytes command = Encode(ControlCommand::kCreateDataChannel);
  for (int i = 0; i < count; ++i) bytes.insert(bytes.end(), command.begin(), command.end());
  return bytes;
}

}  // namespace

Session::Session(Tcp::socket control, const Digest& key, const SessionTiming& timing)
    : key_(key),
      timing_(timing),
      client_(RemoteEndpoint(control)),
      control_(std::move(control)),
      wake_(control_.get_executor()) {}

asio::awaitable<absl::Status> Session::Run() {
  const auto ended = co_await (WatchForEnd() || Speak());
  Stop();
  co_return std::visit([](const absl::Status& status) { return status; }, ended);
}

// A client is silent after its auth, for good: whatever can be read is the end.
asio::awaitable<absl::Status> Session::WatchForEnd() {
  std::array<uint8_t, 1> byte;
  const auto [error, count] = co_await control_.async_read_some(asio::buffer(byte), kNoThrow);
  if (!error) co_return absl::InvalidArgumentError("the client spoke on its control channel");
  co_return ToStatus(error, "reading the control channel");
}

asio::awaitable<absl::Status> Session::Speak() {
  while (control_.is_open()) {
    if (channels_to_ask_for_ == 0) {
      wake_.expires_after(timing_.heartbeat);
      co_await wake_.async_wait(kNoThrow);
    }
    const WordBytes heartbeat = Encode(ControlCommand::kHeartbeat);
    std::vector<uint8_t> bytes = CreateCommands(std::exchange(channels_to_ask_for_, 0));
    if (bytes.empty()) bytes.assign(heartbeat.begin(), heartbeat.end());
    const Deadline deadline(control_, timing_.write_limit);
    const absl::Status written = co_await WriteAll(control_, bytes);
    if (!written.ok()) co_return written;
  }
  co_return absl::CancelledError("stopped");
}

void Session::AskForChannels(int count) {
  channels_to_ask_for_ += count;
  if (count > 0) wake_.cancel();
}

void Session::Stop() {
  asio::error_code ignored;
  control_.close(ignored);
  wake_.cancel();
}

}  // namespace lifeboat::exitnode
