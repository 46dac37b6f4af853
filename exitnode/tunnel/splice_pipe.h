#ifndef LIFEBOAT_EXITNODE_TUNNEL_SPLICE_PIPE_H_
#define LIFEBOAT_EXITNODE_TUNNEL_SPLICE_PIPE_H_

#include <cstddef>
#include <memory>

#include "asio/error_code.hpp"
#include "base/descriptor.h"

namespace lifeboat::exitnode {

// A pipe through which bytes go from one socket to another without a copy, splice(2). Nothing here
// waits. SIGPIPE shall be ignored: unlike send(2), a splice into a connection that is gone cannot
// be asked to leave it out.
class SplicePipe {
 public:
  // What a pipe should hold; the system may allow less.
  static constexpr size_t kBytes = 256 * 1024;

  // Null where the system has no pipe left.
  static std::unique_ptr<SplicePipe> Make();

  // Takes what `socket` has, up to what fits, and returns how much; 0 with eof at its end,
  // would_block where there is nothing.
  size_t Fill(int socket, asio::error_code& error);
  // Gives `socket` what it takes of it; would_block where that is nothing.
  size_t Drain(int socket, asio::error_code& error);
  size_t held() const { return held_; }

 private:
  SplicePipe(Descriptor out, Descriptor in) : out_(std::move(out)), in_(std::move(in)) {}

  Descriptor out_, in_;
  size_t held_ = 0;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_SPLICE_PIPE_H_
