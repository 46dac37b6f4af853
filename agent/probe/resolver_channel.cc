#include "agent/probe/resolver_channel.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace lifeboat::agent {
namespace {

constexpr int kTryTimeoutMs = 400;  // doubled with each try; the lookup's own deadline cuts it
constexpr int kTries = 3;
constexpr absl::Duration TickEvery() { return absl::Milliseconds(50); }
constexpr absl::Duration OldAfter() { return absl::Minutes(1); }
constexpr int kMostAddresses = 16;

void SetServer(ares_channel channel, const Endpoint& server) {
  ares_addr_port_node node{};
  const std::string bytes = server.address.ToBytes();
  node.family = server.address.is_v4() ? AF_INET : AF_INET6;
  std::memcpy(&node.addr, bytes.data(), bytes.size());
  node.udp_port = node.tcp_port = server.port;
  ares_set_servers_ports(channel, &node);
}

void SetSource(ares_channel channel, const IpAddress& source) {
  const std::string bytes = source.ToBytes();
  if (!source.is_v4()) {
    ares_set_local_ip6(channel, reinterpret_cast<const unsigned char*>(bytes.data()));
    return;
  }
  in_addr_t address;
  std::memcpy(&address, bytes.data(), sizeof(address));
  ares_set_local_ip4(channel, ntohl(address));
}

// The addresses in a reply; sets `status` to what c-ares thinks of it.
std::vector<IpAddress> ParseA(const unsigned char* reply, int length, int& status) {
  std::array<ares_addrttl, kMostAddresses> found;
  int count = found.size();
  status = ares_parse_a_reply(reply, length, nullptr, found.data(), &count);
  std::vector<IpAddress> addresses;
  for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
    const auto* bytes = reinterpret_cast<const char*>(&found[i].ipaddr);
    addresses.push_back(*IpAddress::FromBytes({bytes, 4}));
  }
  return addresses;
}

std::vector<IpAddress> ParseAaaa(const unsigned char* reply, int length, int& status) {
  std::array<ares_addr6ttl, kMostAddresses> found;
  int count = found.size();
  status = ares_parse_aaaa_reply(reply, length, nullptr, found.data(), &count);
  std::vector<IpAddress> addresses;
  for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
    const auto* bytes = reinterpret_cast<const char*>(&found[i].ip6addr);
    addresses.push_back(*IpAddress::FromBytes({bytes, 16}));
  }
  return addresses;
}

// Whether it is a status that only a server's own words can cause.
bool SomebodyAnswered(int status) {
  switch (status) {
    case ARES_SUCCESS:
    case ARES_ENODATA:
    case ARES_EFORMERR:
    case ARES_ESERVFAIL:
    case ARES_ENOTFOUND:
    case ARES_ENOTIMP:
    case ARES_EREFUSED:
      return true;
    default:
      return false;
  }
}

// What an operator knows these as; c-ares' own words name its API.
absl::string_view FailureWords(int status) {
  switch (status) {
    case ARES_SUCCESS:
    case ARES_ENODATA:
      return "no address";
    case ARES_ENOTFOUND:
      return "NXDOMAIN";
    case ARES_ESERVFAIL:
      return "SERVFAIL";
    case ARES_EREFUSED:
      return "REFUSED";
    case ARES_ETIMEOUT:
      return "no answer";
    case ARES_ECONNREFUSED:
      return "cannot be reached";
    default:
      return ares_strerror(status);
  }
}

}  // namespace

ResolverChannel::ResolverChannel(EventLoop& loop, Resolver& resolver,
                                 const std::optional<Endpoint>& server,
                                 const std::optional<IpAddress>& source)
    : loop_(loop), resolver_(resolver), born_(loop.Now()) {
  ares_options options{};
  // With NOCHECKRESP a SERVFAIL is an answer, not a reason to ask the same server again.
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP;
  options.timeout = kTryTimeoutMs;
  options.tries = kTries;
  options.sock_state_cb = &ResolverChannel::OnSocket;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (ares_init_options(&channel_, &options, mask) != ARES_SUCCESS) {
    channel_ = nullptr;
    return;
  }
  if (server) SetServer(channel_, *server);
  if (source) SetSource(channel_, *source);
}

ResolverChannel::~ResolverChannel() {
  loop_.Cancel(tick_);
  if (channel_ != nullptr) ares_destroy(channel_);
}

void ResolverChannel::Ask(const std::string& name, bool a, Resolver::Id id, size_t server) {
  if (channel_ == nullptr) {
    return resolver_.OnReply(id, server, a, Resolver::Reply::kSilence, {},
                             "c-ares could not be set up");
  }
  ++open_;
  if (open_ == 1) tick_ = loop_.At(loop_.Now() + TickEvery(), [this] { Tick(); });
  ares_query(channel_, name.c_str(), ns_c_in, a ? ns_t_a : ns_t_aaaa, &ResolverChannel::OnReply,
             new Open{*this, id, server, a});
}

bool ResolverChannel::IsOld() const { return loop_.Now() - born_ > OldAfter(); }

void ResolverChannel::OnReply(void* arg, int status, int /*timeouts*/, unsigned char* reply,
                              int length) {
  const std::unique_ptr<Open> open(static_cast<Open*>(arg));
  --open->channel.open_;
  Resolver::Reply kind =
      SomebodyAnswered(status) ? Resolver::Reply::kFailure : Resolver::Reply::kSilence;
  std::vector<IpAddress> addresses;
  if (status == ARES_SUCCESS) {
    addresses = open->a ? ParseA(reply, length, status) : ParseAaaa(reply, length, status);
  }
  if (status == ARES_ENODATA || status == ARES_SUCCESS) kind = Resolver::Reply::kNoAddress;
  if (!addresses.empty()) kind = Resolver::Reply::kAddresses;
  open->channel.resolver_.OnReply(open->id, open->server, open->a, kind, std::move(addresses),
                                  FailureWords(status));
}

void ResolverChannel::OnSocket(void* self, ares_socket_t socket, int readable, int writable) {
  auto& channel = *static_cast<ResolverChannel*>(self);
  if (!readable && !writable) return channel.loop_.Unwatch(socket);
  const uint32_t events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
  channel.loop_.Watch(socket, events, [&channel, socket](uint32_t ready) {
    const bool broken = ready & (EPOLLERR | EPOLLHUP);  // c-ares learns it by reading
    ares_process_fd(channel.channel_, ready & EPOLLIN || broken ? socket : ARES_SOCKET_BAD,
                    ready & EPOLLOUT ? socket : ARES_SOCKET_BAD);
  });
}

// Lets c-ares resend and give up. By a tick, because ares_timeout walks all open questions.
void ResolverChannel::Tick() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  if (open_ > 0) tick_ = loop_.At(loop_.Now() + TickEvery(), [this] { Tick(); });
}

}  // namespace lifeboat::agent
