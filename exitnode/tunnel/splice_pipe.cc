#include "exitnode/tunnel/splice_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "asio/error.hpp"

namespace lifeboat::exitnode {
namespace {

constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

// Bytes moved; 0 with an error, eof where `from` has ended.
size_t Splice(int from, int to, size_t most, asio::error_code& error) {
  while (true) {
    const ssize_t moved = splice(from, nullptr, to, nullptr, most, kFlags);
    if (moved > 0) {
      error.clear();
      return static_cast<size_t>(moved);
    }
    if (moved < 0 && errno == EINTR) continue;
    error = moved == 0 ? asio::error_code(asio::error::eof)
                       : asio::error_code(errno, asio::error::get_system_category());
    return 0;
  }
}

}  // namespace

std::unique_ptr<SplicePipe> SplicePipe::Make() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return nullptr;
  std::unique_ptr<SplicePipe> pipe(new SplicePipe(Descriptor(ends[0]), Descriptor(ends[1])));
  fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(kBytes));  // refused: it stays smaller
  return pipe;
}

size_t SplicePipe::Fill(int socket, asio::error_code& error) {
  const size_t moved = Splice(socket, in_.get(), kBytes - held_, error);
  held_ += moved;
  return moved;
}

size_t SplicePipe::Drain(int socket, asio::error_code& error) {
  const size_t moved = Splice(out_.get(), socket, held_, error);
  held_ -= moved;
  return moved;
}

}  // namespace lifeboat::exitnode
