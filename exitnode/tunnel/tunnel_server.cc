#include "exitnode/tunnel/tunnel_server.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "exitnode/guard/admission.h"
#include "exitnode/guard/allow_list.h"
#include "exitnode/guard/failure_ledger.h"
#include "exitnode/tcp/socket.h"
#include "exitnode/wire/rathole.h"

namespace lifeboat::exitnode {
namespace {

constexpr std::chrono::seconds kTick(1);
// Descriptors for what is not a visitor: listeners, gRPC, files, pooled channels, handshakes.
constexpr uint64_t kOtherDescriptors = 2048;

// What a connection to the tunnel port has proven to be.
struct Proven {
  std::shared_ptr<Service> service;
  Channel channel = Channel::kControl;
  Digest key{};
};

}  // namespace

struct TunnelServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, const TunnelOptions& options, const Clock& clock, Log& log,
        std::function<void()> on_change)
      : executor(io.get_executor()),
        options(options),
        context(new ServiceContext{options.services, clock, log, std::move(on_change)}),
        tunnel(io),
        ticker(io),
        dark(std::make_shared<FilterProgram>(PassOnly({}))),
        pending(options.most_handshakes, options.most_handshakes_per_source) {}

  static asio::awaitable<void> RunTunnel(std::shared_ptr<State> self);
  static asio::awaitable<void> RunTicker(std::shared_ptr<State> self);
  static asio::awaitable<void> Greet(std::shared_ptr<State> self, Tcp::socket socket,
                                     Endpoint client);

  void Receive(Tcp::socket socket, const Endpoint& client);
  asio::awaitable<std::optional<Proven>> Handshake(Tcp::socket& socket, const Endpoint& client);
  asio::awaitable<absl::StatusOr<Proven>> Prove(Tcp::socket& socket);
  asio::awaitable<absl::StatusOr<Proven>> Authenticate(Tcp::socket& socket, const Digest& name);
  absl::StatusOr<Proven> FindSession(const Digest& key);
  void CountFailure(const absl::Status& why, bool late, const Endpoint& client);
  std::shared_ptr<Service> FindService(const Digest& name) const;
  int ProvenSessionsOf(const IpAddress& address) const;
  void RenewFilter();

  const asio::any_io_executor executor;
  const TunnelOptions options;
  const std::shared_ptr<ServiceContext> context;
  Tcp::acceptor tunnel;
  asio::steady_timer ticker;
  bool stopped = false;

  absl::btree_map<std::string, std::shared_ptr<Service>> services;  // by name
  AllowList allowed;
  std::shared_ptr<const FilterProgram> dark;  // of `allowed`

  Admission pending;
  FailureLedger failures;
  HandshakeCounts counts;
};

asio::awaitable<void> TunnelServer::State::RunTunnel(std::shared_ptr<State> self) {
  co_await AcceptConnections(
      self->tunnel,
      [state = self.get()](Tcp::socket socket, const Endpoint& client) {
        state->Receive(std::move(socket), client);
      },
      self->context->log);
}

asio::awaitable<void> TunnelServer::State::RunTicker(std::shared_ptr<State> self) {
  while (!self->stopped) {
    self->ticker.expires_after(kTick);
    co_await self->ticker.async_wait(kNoThrow);
    if (self->allowed.ForgetExpired(self->context->clock.Now())) self->RenewFilter();
    for (const auto& [name, service] : self->services) service->Tick();
  }
}

void TunnelServer::State::Receive(Tcp::socket socket, const Endpoint& client) {
  // A client that serves here may come with all the channels that it was just asked for.
  if (!pending.TryEnter(client.address) &&
      !pending.TryEnter(client.address,
                        ProvenSessionsOf(client.address) * options.services.channels.in_flight)) {
    ++counts.turned_away_total;
    return;
  }
  Spawn(executor, Greet(shared_from_this(), std::move(socket), client), context->log);
}

asio::awaitable<void> TunnelServer::State::Greet(std::shared_ptr<State> self, Tcp::socket socket,
                                                 Endpoint client) {
  const std::optional<Proven> proven = co_await self->Handshake(socket, client);
  self->pending.Leave(client.address);
  if (!proven.has_value()) co_return;
  if (proven->channel == Channel::kData) {
    ++self->counts.data_total;
    proven->service->AddChannel(std::move(socket));
    co_return;
  }
  ++self->counts.control_total;
  co_await Service::Serve(proven->service, std::move(socket), proven->key);
}

asio::awaitable<std::optional<Proven>> TunnelServer::State::Handshake(Tcp::socket& socket,
                                                                      const Endpoint& client) {
  const Deadline deadline(socket, options.handshake_limit);
  absl::StatusOr<Proven> proven = co_await Prove(socket);
  if (proven.ok()) co_return *std::move(proven);
  CountFailure(proven.status(), deadline.passed(), client);
  co_return std::nullopt;
}

asio::awaitable<absl::StatusOr<Proven>> TunnelServer::State::Prove(Tcp::socket& socket) {
  HelloBytes bytes;
  if (const auto read = co_await ReadExactly(socket, bytes); !read.ok()) co_return read;
  const absl::StatusOr<Hello> hello = DecodeHello(bytes);
  if (!hello.ok()) co_return hello.status();
  if (hello->channel == Channel::kData) co_return FindSession(hello->digest);
  co_return co_await Authenticate(socket, hello->digest);
}

// Whoever asks is given the same answers in the same time, whether the service or the token was
// wrong: a name that is not known here is checked against a token that nobody has.
asio::awaitable<absl::StatusOr<Proven>> TunnelServer::State::Authenticate(Tcp::socket& socket,
                                                                          const Digest& name) {
  const absl::StatusOr<Digest> nonce = FreshNonce();
  if (!nonce.ok()) co_return nonce.status();
  const HelloBytes hello = Encode(Hello{Channel::kControl, *nonce});
  if (const auto sent = co_await WriteAll(socket, hello); !sent.ok()) co_return sent;
  Digest shown;
  if (const auto read = co_await ReadExactly(socket, shown); !read.ok()) co_return read;

  const std::shared_ptr<Service> service = FindService(name);
  const std::string nobodys(32, '\0');
  const Digest expected = SessionKey(service != nullptr ? service->token() : nobodys, *nonce);
  const bool good = SameInConstantTime(shown, expected) && service != nullptr;
  const WordBytes ack = Encode(good ? Ack::kOk : Ack::kAuthenticationFailed);
  const absl::Status sent = co_await WriteAll(socket, ack);
  if (!good) co_return absl::UnauthenticatedError("wrong service or token");
  if (!sent.ok()) co_return sent;
  co_return Proven{service, Channel::kControl, expected};
}

absl::StatusOr<Proven> TunnelServer::State::FindSession(const Digest& key) {
  for (const auto& [name, service] : services) {
    const Session* session = service->session();
    if (session != nullptr && SameInConstantTime(session->key(), key)) {
      return Proven{service, Channel::kData, key};
    }
  }
  return absl::NotFoundError("a data channel of no session");
}

void TunnelServer::State::CountFailure(const absl::Status& why, bool late, const Endpoint& client) {
  if (late) {
    ++counts.timed_out_total;
  } else if (absl::IsUnauthenticated(why)) {
    ++counts.wrong_token_total;
  } else if (absl::IsNotFound(why)) {
    ++counts.unknown_key_total;
  } else {
    ++counts.malformed_total;
  }
  const uint64_t times = failures.Count(client.address);
  if (!IsWorthTelling(times)) return;
  context->log.Warning("tunnel", "a tunnel handshake failed",
                       {{"client", client.address.ToString()},
                        {"times", times},
                        {"why", late ? "not done in time" : Words(why)}});
}

std::shared_ptr<Service> TunnelServer::State::FindService(const Digest& name) const {
  std::shared_ptr<Service> found;
  for (const auto& [unused, service] : services) {
    if (SameInConstantTime(service->name_digest(), name)) found = service;
  }
  return found;
}

int TunnelServer::State::ProvenSessionsOf(const IpAddress& address) const {
  const IpAddress source = SourceOf(address);
  return static_cast<int>(
      std::count_if(services.begin(), services.end(), [&source](const auto& entry) {
        const Session* session = entry.second->session();
        return session != nullptr && SourceOf(session->client().address) == source;
      }));
}

void TunnelServer::State::RenewFilter() {
  dark = std::make_shared<FilterProgram>(PassOnly(allowed.Addresses()));
  for (const auto& [name, service] : services) service->ShapePorts(dark);
}

int VisitorCap(uint64_t descriptors) {
  const uint64_t others = std::min(kOtherDescriptors, descriptors / 4);
  return static_cast<int>(std::min<uint64_t>((descriptors - others) / 2, 1'000'000));
}

TunnelServer::TunnelServer(asio::io_context& io, TunnelOptions options, const Clock& clock,
                           Log& log, std::function<void()> on_change)
    : state_(std::make_shared<State>(io, options, clock, log, std::move(on_change))) {}

TunnelServer::~TunnelServer() { Stop(); }

absl::Status TunnelServer::Start(const Endpoint& tunnel) {
  ASSIGN_OR_RETURN(state_->tunnel, Listen(state_->executor, tunnel));
  Spawn(state_->executor, State::RunTunnel(state_), state_->context->log);
  Spawn(state_->executor, State::RunTicker(state_), state_->context->log);
  return absl::OkStatus();
}

Endpoint TunnelServer::endpoint() const {
  asio::error_code error;
  const Tcp::endpoint local = state_->tunnel.local_endpoint(error);
  if (error) return {};
  return Endpoint::FromSockaddr(local.data()).value_or(Endpoint{});
}

void TunnelServer::Apply(const std::vector<ServiceSpec>& specs) {
  absl::btree_set<absl::string_view> names;
  for (const ServiceSpec& spec : specs) names.insert(spec.name);
  absl::erase_if(state_->services, [&names](const auto& entry) {
    const bool gone = !names.contains(entry.first);
    if (gone) entry.second->Retire();
    return gone;
  });
  // All give up what they no longer have before any takes what it now has: a port may move.
  for (const ServiceSpec& spec : specs) {
    auto& service = state_->services[spec.name];
    if (service == nullptr) {
      service = std::make_shared<Service>(state_->executor, spec.name, state_->context);
    }
    service->Adopt(spec);
  }
  for (const auto& [name, service] : state_->services) service->ShapePorts(state_->dark);
  state_->context->on_change();
}

void TunnelServer::Admit(const IpAddress& address, Instant until) {
  if (state_->allowed.Admit(address, until)) state_->RenewFilter();
}

void TunnelServer::Withdraw(const IpAddress& address) {
  if (state_->allowed.Withdraw(address)) state_->RenewFilter();
}

TunnelReport TunnelServer::Report() const {
  TunnelReport report;
  for (const auto& [name, service] : state_->services) report.services.push_back(service->Report());
  report.handshakes = state_->counts;
  report.pending_handshakes = static_cast<uint32_t>(state_->pending.inside());
  report.allowed_addresses = static_cast<uint32_t>(state_->allowed.size());
  return report;
}

void TunnelServer::Stop() {
  if (std::exchange(state_->stopped, true)) return;
  asio::error_code ignored;
  state_->tunnel.close(ignored);
  state_->ticker.cancel();
  for (const auto& [name, service] : state_->services) service->Retire();
  state_->services.clear();
}

}  // namespace lifeboat::exitnode
