#include "exitnode/tunnel/service.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat::exitnode {
namespace {

// What goes to a data channel at once: the command, and a request as a rule.
constexpr size_t kOpeningBytes = 1024;

}  // namespace

// Counts a visitor in for as long as its coroutine lives.
class Service::Attendance {
 public:
  explicit Attendance(Service& service) : service_(service) {
    ++service_.visitors_;
    ++service_.visitors_total_;
    ++service_.context_->visitors;
  }
  ~Attendance() {
    --service_.visitors_;
    --service_.context_->visitors;
  }
  Attendance(const Attendance&) = delete;
  Attendance& operator=(const Attendance&) = delete;

 private:
  Service& service_;
};

// Counts a visitor's bytes; the origin's first one is its answer.
class Service::Meter final : public RelayMeter {
 public:
  explicit Meter(Service& service) : service_(service) {}
  void OnForward(size_t bytes) override { service_.bytes_in_total_ += bytes; }
  void OnBack(size_t bytes) override {
    service_.bytes_out_total_ += bytes;
    if (answered_ || bytes == 0) return;
    answered_ = true;
    service_.Record(UpstreamOutcome::kAnswered);
  }
  // A visitor that left unanswered proves nothing about the origin.
  void OnFirstEnd(RelaySide side) override {
    if (side == RelaySide::kSecond && !answered_) service_.Record(UpstreamOutcome::kRefused);
  }

 private:
  Service& service_;
  bool answered_ = false;
};

Service::Service(const asio::any_io_executor& executor, absl::string_view name,
                 std::shared_ptr<ServiceContext> context)
    : executor_(executor),
      name_(name),
      name_digest_(NameDigest(name)),
      context_(std::move(context)),
      tunnel_since_(context_->clock.Now()),
      demand_(context_->policy.channels) {}

void Service::Adopt(const ServiceSpec& spec) {
  if (spec.token != spec_.token) {
    if (session_ != nullptr) session_->Stop();
    RenewDatagramChannels();
  }
  if (spec.tcp_ports != spec_.tcp_ports || spec.udp_ports != spec_.udp_ports) {
    ports_.clear();
    udp_ports_.clear();
    for (const IpAddress& address : context_->policy.visitor_addresses) MakePorts(address, spec);
  }
  spec_ = spec;
}

void Service::MakePorts(const IpAddress& address, const ServiceSpec& spec) {
  for (const uint16_t port : spec.tcp_ports) {
    ports_.push_back(
        std::make_unique<VisitorPort>(executor_, Endpoint{address, port}, context_->log));
  }
  for (const uint16_t port : spec.udp_ports) {
    udp_ports_.push_back(std::make_unique<UdpPort>(executor_, Endpoint{address, port},
                                                   context_->policy.udp, context_->datagrams,
                                                   context_->clock, context_->log));
  }
}

void Service::ShapePorts(std::shared_ptr<const FilterProgram> dark) {
  dark_ = std::move(dark);
  std::string trouble;
  const auto take = [weak = weak_from_this()](Tcp::socket visitor, const Endpoint&) {
    if (const auto self = weak.lock()) self->Receive(std::move(visitor));
  };
  const FilterProgram* const filter = spec_.open ? nullptr : dark_.get();
  const auto note = [&trouble](const absl::Status& shaped) {
    if (!shaped.ok() && trouble.empty()) trouble = Words(shaped);
  };
  for (const auto& port : ports_) note(port->Ensure(filter, take));
  for (const auto& port : udp_ports_) note(port->Ensure(filter, HooksOfUdp()));
  if (!trouble.empty() && trouble != trouble_) {
    context_->log.Error("tunnel", "a visitor port is not as it should be",
                        {{"service", name_}, {"why", trouble}});
  }
  trouble_ = trouble;
}

// What a port calls may be called until the service is no more, and a while after that.
UdpHooks Service::HooksOfUdp() {
  const auto count = [weak = weak_from_this()](uint64_t Service::*total, size_t bytes) {
    if (const auto self = weak.lock()) (*self).*total += bytes;
  };
  return {
      .start_channel = [weak = weak_from_this()] { return StartDatagrams(weak.lock()); },
      .on_in = [count](size_t bytes) { count(&Service::bytes_in_total_, bytes); },
      .on_out =
          [count, weak = weak_from_this()](size_t bytes) {
            count(&Service::bytes_out_total_, bytes);
            const auto self = weak.lock();
            const bool news = self != nullptr && self->upstream_.last != UpstreamOutcome::kAnswered;
            if (news) self->Record(UpstreamOutcome::kAnswered);
          },
  };
}

void Service::Retire() {
  ports_.clear();
  udp_ports_.clear();
  if (session_ != nullptr) session_->Stop();
  pool_.Clear();
  for (const auto& waiter : waiters_) waiter->patience.cancel();
}

void Service::Tick() {
  if (!trouble_.empty()) {
    ShapePorts(dark_);
    if (trouble_.empty()) context_->on_change();
  }
  for (const auto& port : udp_ports_) port->ForgetIdleVisitors();
  Replenish();
}

void Service::Receive(Tcp::socket visitor) {
  if (const absl::Status detached = DetachFilter(visitor.native_handle()); !detached.ok()) {
    context_->log.Error("tunnel", Words(detached), {{"service", name_}});
    return;
  }
  if (context_->visitors >= context_->policy.most_visitors ||
      static_cast<int>(waiters_.size()) >= context_->policy.most_waiting) {
    ++turned_away_total_;
    return Reset(visitor);
  }
  Spawn(executor_, Carry(shared_from_this(), std::move(visitor)), context_->log);
}

asio::awaitable<void> Service::Carry(std::shared_ptr<Service> self, Tcp::socket visitor) {
  const Attendance attendance(*self);
  Meter meter(*self);
  std::optional<Tcp::socket> channel = co_await self->StartChannel(visitor, meter);
  if (!channel.has_value()) {
    self->Record(UpstreamOutcome::kNoChannel);
    Reset(visitor);
    co_return;
  }
  co_await Relay(visitor, *channel, self->context_->pools, meter);
}

// A data channel that has taken the command to start, and in the same packet what the visitor has
// said already. One that broke in the pool unnoticed is replaced by the next.
asio::awaitable<std::optional<Tcp::socket>> Service::StartChannel(Tcp::socket& visitor,
                                                                  Meter& meter) {
  std::array<uint8_t, kOpeningBytes> opening;
  const WordBytes command = Encode(DataCommand::kStartTcp);
  std::copy(command.begin(), command.end(), opening.begin());
  size_t said = 0;
  while (true) {
    std::optional<Tcp::socket> channel = co_await TakeChannel();
    if (!channel.has_value()) co_return std::nullopt;
    if (said == 0) {
      asio::error_code none_yet;  // or an end, which the relay will see
      said = visitor.read_some(asio::buffer(opening) + command.size(), none_yet);
    }
    const Deadline deadline(*channel, context_->policy.session.write_limit);
    const std::span<const uint8_t> start(opening.data(), command.size() + said);
    if (const absl::Status started = co_await WriteAll(*channel, start); !started.ok()) continue;
    meter.OnForward(said);
    co_return std::move(channel);
  }
}

// Likewise for datagrams; `self` may be null. The channel is a port's from now on.
asio::awaitable<std::optional<Tcp::socket>> Service::StartDatagrams(std::shared_ptr<Service> self) {
  const WordBytes command = Encode(DataCommand::kStartUdp);
  while (self != nullptr) {
    std::optional<Tcp::socket> channel = co_await self->TakeChannel();
    if (!channel.has_value()) {
      self->Record(UpstreamOutcome::kNoChannel);
      break;
    }
    const uint64_t term = self->term_;
    const Deadline deadline(*channel, self->context_->policy.session.write_limit);
    if (!(co_await WriteAll(*channel, command)).ok()) continue;
    if (self->term_ == term) co_return std::move(channel);  // else its client serves no more
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<Tcp::socket>> Service::TakeChannel() {
  if (waiters_.empty()) {
    std::optional<Tcp::socket> channel = pool_.Take();
    Replenish();
    if (channel.has_value()) co_return std::move(channel);
  }
  const auto waiter = std::make_shared<Waiter>(
      Waiter{asio::steady_timer(executor_, context_->policy.visitor_patience)});
  waiters_.push_back(waiter);
  Replenish();
  co_await waiter->patience.async_wait(kNoThrow);
  waiters_.remove(waiter);
  co_return std::move(waiter->channel);
}

void Service::AddChannel(Tcp::socket channel) {
  demand_.Arrived();
  if (!waiters_.empty()) {
    const std::shared_ptr<Waiter> waiter = waiters_.front();
    waiters_.pop_front();
    waiter->channel = std::move(channel);
    waiter->patience.cancel();
  } else if (pool_.size() < context_->policy.most_pooled) {
    pool_.Add(std::move(channel));
  }
  Replenish();
}

void Service::Replenish() {
  if (session_ == nullptr) return;
  session_->AskForChannels(
      demand_.Ask(static_cast<int>(waiters_.size()), pool_.size(), context_->clock.Now()));
}

asio::awaitable<void> Service::Serve(std::shared_ptr<Service> self, Tcp::socket control,
                                     Digest key) {
  const auto session =
      std::make_shared<Session>(std::move(control), key, self->context_->policy.session);
  self->Install(session);
  const absl::Status ended = co_await session->Run();
  self->Forget(*session, ended);
}

// The newest client wins: it is in place before the old one is sent away.
void Service::Install(std::shared_ptr<Session> session) {
  const std::shared_ptr<Session> old = std::exchange(session_, std::move(session));
  pool_.Clear();
  demand_ = ChannelDemand(spec_.udp_ports.empty() ? context_->policy.channels
                                                  : context_->policy.udp_channels);
  RenewDatagramChannels();
  if (old != nullptr) old->Stop();
  if (old == nullptr) tunnel_since_ = context_->clock.Now();
  context_->log.Info("tunnel", old == nullptr ? "tunnel is up" : "a newer client took over",
                     {{"service", name_}, {"client", session_->client().ToString()}});
  Replenish();
  context_->on_change();
}

// A stream is one visitor's, and goes on with the client that began it; a channel of datagrams
// brings new visitors all the time, and they are for whoever serves now.
void Service::RenewDatagramChannels() {
  ++term_;
  for (const auto& port : udp_ports_) port->RenewChannel();
}

void Service::Forget(const Session& session, const absl::Status& why) {
  if (session_.get() != &session) return;
  session_ = nullptr;
  pool_.Clear();
  tunnel_since_ = context_->clock.Now();
  context_->log.Warning("tunnel", "tunnel is down", {{"service", name_}, {"why", Words(why)}});
  context_->on_change();
}

void Service::Record(UpstreamOutcome outcome) {
  const bool changed = upstream_.last != outcome;
  upstream_.last = outcome;
  upstream_.at = context_->clock.Now();
  if (outcome == UpstreamOutcome::kAnswered) ++upstream_.answered_total;
  if (outcome == UpstreamOutcome::kRefused) ++upstream_.refused_total;
  if (outcome == UpstreamOutcome::kNoChannel) ++upstream_.no_channel_total;
  if (changed) context_->on_change();
}

ServiceReport Service::Report() const {
  ServiceReport report;
  report.name = name_;
  report.open = spec_.open;
  const auto listens = [](const auto& port) { return port->listening(); };
  report.listening = trouble_.empty() && std::all_of(ports_.begin(), ports_.end(), listens) &&
                     std::all_of(udp_ports_.begin(), udp_ports_.end(), listens);
  report.trouble = trouble_;
  for (const auto& port : ports_) report.ports.push_back(port->local_endpoint());
  for (const auto& port : udp_ports_) report.ports.push_back(port->local_endpoint());
  report.tunnel_up = session_ != nullptr;
  report.tunnel_since = tunnel_since_;
  report.upstream = upstream_;
  report.visitors = visitors_;
  report.visitors_total = visitors_total_;
  report.visitors_turned_away_total = turned_away_total_;
  report.bytes_in_total = bytes_in_total_;
  report.bytes_out_total = bytes_out_total_;
  report.pooled_channels = static_cast<uint32_t>(pool_.size());
  for (const auto& port : udp_ports_) {
    const UdpCounts counts = port->counts();
    report.visitors += counts.visitors;
    report.visitors_total += counts.visitors_total;
    report.datagrams_dropped_total += counts.dropped_total + counts.unsolicited_total;
  }
  return report;
}

}  // namespace lifeboat::exitnode
