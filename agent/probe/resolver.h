#ifndef LIFEBOAT_AGENT_PROBE_RESOLVER_H_
#define LIFEBOAT_AGENT_PROBE_RESOLVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/probe/event_loop.h"
#include "base/address.h"
#include "base/clock.h"

namespace lifeboat::agent {

class ResolverChannel;

// Resolves names by asking several DNS servers side by side, afresh each time: no cache, no hosts
// file, no search list. Belongs to the loop's thread.
class Resolver {
 public:
  struct Question {
    std::string name;
    std::vector<Endpoint> resolvers;  // asked side by side; empty: the system's
    std::optional<IpAddress> source;  // to ask from; then only its family is asked for
    Instant deadline;
  };
  // Addresses of one family, IPv4 where there are any; or else `failure` in words.
  struct Answer {
    std::vector<IpAddress> addresses;
    std::string failure;
  };
  using Done = std::function<void(const Answer&)>;
  using Id = uint64_t;

  explicit Resolver(EventLoop& loop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The first good answer wins; fails only once every server has failed or at the deadline. Calls
  // `done` once, never from within, and not at all after Cancel. A silent server costs a name that
  // has IPv6 alone nothing where another server says so, and at most half of the time otherwise.
  Id Resolve(const Question& question, Done done);
  void Cancel(Id id);

  // Whether questions have been asked for 3 s or more without one answer of any kind.
  bool Dead() const;

 private:
  friend class ResolverChannel;
  // What has become of one question.
  enum class Reply { kSilence, kFailure, kNoAddress, kAddresses };
  struct Server {
    std::string says;  // why it gave no address
    bool has_no_a = false;
    bool has_aaaa = false;
  };
  struct Lookup {
    Done done;
    Instant deadline;
    bool finished = false;  // `timer` is about to call `done`
    EventLoop::TimerId timer;
    std::vector<Server> servers;
    int a_pending = 0;
    int aaaa_pending = 0;
    std::vector<IpAddress> aaaa;  // kept while an A may still come
    bool impatient = false;       // half of the time is over
  };
  using ChannelKey = std::pair<std::optional<Endpoint>, std::optional<IpAddress>>;

  ResolverChannel& ChannelFor(const ChannelKey& key);
  void AskServer(Id id, const Question& question, size_t server);
  // From a channel: one question of `id` has ended; `failure` says how in words.
  void OnReply(Id id, size_t server, bool is_a, Reply reply, std::vector<IpAddress> addresses,
               absl::string_view failure);
  void OnHalfTime(Id id);
  void Decide(Id id);
  void Fail(Id id);
  void Finish(Id id, Answer answer);
  void DropRetired();

  EventLoop& loop_;
  std::map<ChannelKey, std::unique_ptr<ResolverChannel>> channels_;
  std::vector<std::unique_ptr<ResolverChannel>> retired_;  // still have questions open
  absl::flat_hash_map<Id, Lookup> lookups_;
  Id last_id_ = 0;
  std::optional<Instant> unanswered_since_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_RESOLVER_H_
