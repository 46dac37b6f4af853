#ifndef LIFEBOAT_EXITNODE_TUNNEL_SESSION_H_
#define LIFEBOAT_EXITNODE_TUNNEL_SESSION_H_

#include <chrono>

#include "absl/status/status.h"
#include "asio/awaitable.hpp"
#include "asio/steady_timer.hpp"
#include "exitnode/tcp/socket.h"
#include "exitnode/wire/rathole.h"

namespace lifeboat::exitnode {

struct SessionTiming {
  std::chrono::milliseconds heartbeat{10'000};  // of silence; stock clients leave after 40 s
  std::chrono::milliseconds write_limit{10'000};
};

// One tunnel client's control channel, from the ack to its end.
class Session {
 public:
  // `control` has been told Ack::kOk. `key` is what this session's data channels will show.
  Session(Tcp::socket control, const Digest& key, const SessionTiming& timing);

  // Speaks to the client until the channel ends; says how it did. Whoever awaits it keeps the
  // session meanwhile.
  asio::awaitable<absl::Status> Run();

  void AskForChannels(int count);
  // Closes the channel: Run returns soon.
  void Stop();

  const Digest& key() const { return key_; }
  const Endpoint& client() const { return client_; }

 private:
  asio::awaitable<absl::Status> WatchForEnd();
  asio::awaitable<absl::Status> Speak();

  const Digest key_;
  const SessionTiming timing_;
  const Endpoint client_;
  Tcp::socket control_;
  asio::steady_timer wake_;  // cancelled when there is something to say
  int channels_to_ask_for_ = 0;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_SESSION_H_
