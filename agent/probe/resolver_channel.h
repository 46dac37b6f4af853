#ifndef LIFEBOAT_AGENT_PROBE_RESOLVER_CHANNEL_H_
#define LIFEBOAT_AGENT_PROBE_RESOLVER_CHANNEL_H_

#include <ares.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "agent/probe/event_loop.h"
#include "agent/probe/resolver.h"
#include "base/address.h"
#include "base/clock.h"

namespace lifeboat::agent {

// One c-ares channel in the loop: one DNS server (or the system's), one source address. Replies go
// to the resolver that owns it, which outlives it.
class ResolverChannel {
 public:
  ResolverChannel(EventLoop& loop, Resolver& resolver, const std::optional<Endpoint>& server,
                  const std::optional<IpAddress>& source);
  ~ResolverChannel();
  ResolverChannel(const ResolverChannel&) = delete;
  ResolverChannel& operator=(const ResolverChannel&) = delete;

  // Asks for A or AAAA; the reply may come from within.
  void Ask(const std::string& name, bool a, Resolver::Id id, size_t server);
  int open_questions() const { return open_; }
  // c-ares keeps one UDP port a channel: a fresh channel each minute gives forgers less to aim at,
  // and a machine whose address has changed a new socket.
  bool IsOld() const;

 private:
  struct Open {
    ResolverChannel& channel;
    Resolver::Id id;
    size_t server;
    bool a;
  };

  static void OnReply(void* open, int status, int timeouts, unsigned char* reply, int length);
  static void OnSocket(void* self, ares_socket_t socket, int readable, int writable);
  void Tick();

  EventLoop& loop_;
  Resolver& resolver_;
  const Instant born_;
  ares_channel channel_ = nullptr;  // null if c-ares could not be set up
  int open_ = 0;
  EventLoop::TimerId tick_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_RESOLVER_CHANNEL_H_
