#include "exitnode/connector/link.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/backoff.h"
#include "base/status.h"
#include "exitnode/connector/dial.h"
#include "exitnode/guard/failure_ledger.h"

namespace lifeboat::exitnode {
namespace {

// A session that lasted so long was a success: the next retry comes soon.
constexpr absl::Duration LongEnough() { return absl::Seconds(3); }
// Read at once from a channel that starts: the command, and what came with it.
constexpr size_t kOpeningBytes = 1024;

bool IsOnThisHost(const Tcp::socket& peer) {
  asio::error_code gone;
  return peer.remote_endpoint(gone).address().is_loopback();
}

}  // namespace

// What the data channels of one control channel share.
struct Link::Session {
  Tcp::endpoint exit;  // data channels go where the control channel went
  Digest key{};
  bool ended = false;
  std::list<Tcp::socket*> waiting{};
};

// A data channel's wait for a visitor, which the end of its session ends.
class Link::Waiting {
 public:
  Waiting(Link& link, Session& session, Tcp::socket& channel)
      : link_(link),
        session_(session),
        place_(session.waiting.insert(session.waiting.end(), &channel)) {
    ++link_.report_.waiting;
  }
  ~Waiting() {
    session_.waiting.erase(place_);
    --link_.report_.waiting;
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Link& link_;
  Session& session_;
  const std::list<Tcp::socket*>::iterator place_;
};

// Holds a place at the gate, once entered.
class Link::Opening {
 public:
  explicit Opening(Gate& gate) : gate_(gate) {}
  ~Opening() { gate_.Leave(); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

 private:
  Gate& gate_;
};

// One data channel among all that the process holds.
class Link::Presence {
 public:
  explicit Presence(LinkContext& context) : context_(context) { ++context_.channels; }
  ~Presence() { --context_.channels; }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  LinkContext& context_;
};

// Counts a visitor while it is carried, and its bytes.
class Link::Stream final : public RelayMeter {
 public:
  explicit Stream(LinkReport& report) : report_(report) {
    ++report_.streams;
    ++report_.streams_total;
  }
  ~Stream() override { --report_.streams; }
  void OnForward(size_t bytes) override { report_.bytes_in_total += bytes; }
  void OnBack(size_t bytes) override { report_.bytes_out_total += bytes; }
  void OnFirstEnd(RelaySide) override {}

 private:
  LinkReport& report_;
};

// Counts the visitors of a channel of datagrams among the streams. Their sockets have room of their
// own: a crowd of them leaves the streams theirs.
class Link::Datagrams final : public DatagramMeter {
 public:
  Datagrams(LinkReport& report, LinkContext& context) : report_(report), context_(context) {}
  bool HasRoom() override { return context_.flows < context_.options.most_flows; }
  void OnVisitors(int more) override {
    report_.streams += static_cast<uint32_t>(more);
    if (more > 0) report_.streams_total += static_cast<uint64_t>(more);
    context_.flows += more;
  }
  void OnIn(size_t bytes) override { report_.bytes_in_total += bytes; }
  void OnOut(size_t bytes) override { report_.bytes_out_total += bytes; }
  void OnDropped() override { ++report_.datagrams_dropped_total; }

 private:
  LinkReport& report_;
  LinkContext& context_;
};

// How a data channel begins: the command, and what came with it.
struct Link::Start {
  DataCommand command;
  std::vector<uint8_t> said;
};

Link::Link(std::shared_ptr<LinkContext> context, std::shared_ptr<Gate> gate,
           const ConnectorExit& exit, const ConnectorService& service)
    : context_(std::move(context)),
      gate_(std::move(gate)),
      exit_(exit),
      service_(service),
      target_(service.TargetFor(exit.name)),
      retry_(context_->executor) {
  report_.exit = exit.name;
  report_.service = service.name;
  report_.since = context_->clock.Now();
  report_.trouble = "not connected yet";
}

asio::awaitable<void> Link::Run(std::shared_ptr<Link> self) {
  LinkContext& context = *self->context_;
  Backoff backoff(context.options.first_retry, context.options.last_retry);
  while (!context.stopped) {
    const Instant began = context.clock.Now();
    const absl::Status ended = co_await self->RunSession();
    if (context.stopped) co_return;
    if (context.clock.Now() - began > LongEnough()) backoff.Reset();
    const absl::Duration wait = backoff.Next(context.random);
    self->Down(ended, backoff.failures());
    self->retry_.expires_after(absl::ToChronoNanoseconds(wait));
    co_await self->retry_.async_wait(kNoThrow);
  }
}

void Link::Stop() {
  retry_.cancel();
  asio::error_code ignored;
  if (control_ != nullptr) control_->close(ignored);
}

// One control channel, from the first packet to its end. Never OK.
asio::awaitable<absl::Status> Link::RunSession() {
  auto control = co_await Dial(exit_.tunnel, context_->options.connect_limit);
  if (!control.ok()) co_return control.status();
  KeepAlive(*control);
  control_ = &*control;
  const auto session = std::make_shared<Session>();
  asio::error_code error;
  session->exit = control->remote_endpoint(error);
  absl::Status ended = ToStatus(error, "connecting");
  if (ended.ok()) {
    const absl::StatusOr<Digest> key = co_await Authenticate(*control);
    ended = key.status();
    if (key.ok()) session->key = *key;
  }
  if (ended.ok()) {
    Up();
    ended = co_await Obey(*control, session);
  }
  control_ = nullptr;
  session->ended = true;
  for (Tcp::socket* channel : session->waiting) channel->close(error);
  co_return ended;
}

asio::awaitable<absl::StatusOr<Digest>> Link::Authenticate(Tcp::socket& control) {
  const HelloBytes hello = Encode(Hello{Channel::kControl, NameDigest(service_.name)});
  HelloBytes answer;
  {
    const Deadline deadline(control, context_->options.reply_limit);
    if (const auto sent = co_await WriteAll(control, hello); !sent.ok()) co_return sent;
    const absl::Status read = co_await ReadExactly(control, answer);
    if (!read.ok()) co_return Annotate(read, "waiting for the exit node's hello");
  }
  const absl::StatusOr<Hello> nonce = DecodeHello(answer);
  if (!nonce.ok()) co_return nonce.status();
  if (nonce->channel != Channel::kControl) {
    co_return absl::InvalidArgumentError("the exit node answered with a data hello");
  }
  const Digest key = SessionKey(service_.token, nonce->digest);
  const Deadline deadline(control, context_->options.reply_limit);
  if (const auto sent = co_await WriteAll(control, key); !sent.ok()) co_return sent;
  if (const auto accepted = co_await ExpectOk(control); !accepted.ok()) co_return accepted;
  co_return key;
}

asio::awaitable<absl::Status> Link::ExpectOk(Tcp::socket& control) {
  WordBytes bytes;
  const absl::Status read = co_await ReadExactly(control, bytes);
  if (!read.ok()) co_return Annotate(read, "waiting for the exit node's word on the token");
  const absl::StatusOr<Ack> ack = DecodeAck(bytes);
  if (!ack.ok()) co_return ack.status();
  if (*ack == Ack::kOk) co_return absl::OkStatus();
  co_return absl::UnauthenticatedError(
      "the exit node knows no such service, or another token for it; compare its token with ours");
}

// Does what the exit node says until it falls silent or leaves. We say nothing here, ever: a byte
// would end the session.
asio::awaitable<absl::Status> Link::Obey(Tcp::socket& control, std::shared_ptr<Session> session) {
  while (true) {
    const Deadline deadline(control, context_->options.heartbeat_limit);
    WordBytes bytes;
    const absl::Status read = co_await ReadExactly(control, bytes);
    if (!read.ok()) co_return Annotate(read, "the control channel");
    const absl::StatusOr<ControlCommand> command = DecodeControlCommand(bytes);
    if (!command.ok()) co_return command.status();
    if (*command == ControlCommand::kCreateDataChannel) BeginChannel(session);
  }
}

void Link::BeginChannel(const std::shared_ptr<Session>& session) {
  if (context_->channels >= context_->options.most_channels) {
    const uint64_t ignored = ++report_.channels_ignored_total;
    if (IsWorthTelling(ignored)) {
      context_->log.Warning("connector", "too many data channels; a request is ignored",
                            {{"exit", exit_.name}, {"service", service_.name}});
    }
    return;
  }
  Spawn(context_->executor, RunChannel(shared_from_this(), session), context_->log);
}

asio::awaitable<void> Link::RunChannel(std::shared_ptr<Link> self,
                                       std::shared_ptr<Session> session) {
  const Presence presence(*self->context_);
  absl::StatusOr<Tcp::socket> channel = co_await self->OpenChannel(*session);
  if (!channel.ok()) co_return;
  std::optional<Start> start = co_await self->AwaitStart(*channel, *session);
  if (!start.has_value()) co_return;
  if (start->command == DataCommand::kStartUdp) {
    co_await self->CarryDatagramsOf(*std::move(channel), *std::move(start));
  } else {
    co_await self->Carry(*channel, *start);
  }
}

asio::awaitable<absl::StatusOr<Tcp::socket>> Link::OpenChannel(Session& session) {
  co_await gate_->Enter();
  const Opening opening(*gate_);
  if (session.ended) co_return absl::CancelledError("the session has ended");
  std::vector<Tcp::endpoint> endpoints(1, session.exit);
  auto channel = co_await Connect(std::move(endpoints), context_->options.connect_limit);
  if (!channel.ok()) co_return channel.status();
  KeepAlive(*channel);
  const HelloBytes hello = Encode(Hello{Channel::kData, session.key});
  const Deadline deadline(*channel, context_->options.reply_limit);
  if (const auto sent = co_await WriteAll(*channel, hello); !sent.ok()) co_return sent;
  co_return std::move(channel);
}

// How a visitor begins, once one has come; none: none will. The wait may be long: its
// end is the session's, or the keep-alive's.
asio::awaitable<std::optional<Link::Start>> Link::AwaitStart(Tcp::socket& channel,
                                                             Session& session) {
  if (session.ended) co_return std::nullopt;
  const Waiting waiting(*this, session, channel);
  std::array<uint8_t, kOpeningBytes> bytes;
  size_t count = 0;
  while (count < kWordBytes) {
    const auto [error, more] =
        co_await channel.async_read_some(asio::buffer(bytes) + count, kNoThrow);
    if (error) co_return std::nullopt;
    count += more;
  }
  WordBytes word;
  std::copy_n(bytes.begin(), word.size(), word.begin());
  const absl::StatusOr<DataCommand> command = DecodeDataCommand(word);
  const DataCommand expected = service_.kind == ConnectorService::Kind::kUdp
                                   ? DataCommand::kStartUdp
                                   : DataCommand::kStartTcp;
  if (!command.ok() || *command != expected) co_return std::nullopt;
  co_return Start{*command, {bytes.begin() + kWordBytes, bytes.begin() + static_cast<long>(count)}};
}

// A target that does not take the visitor is said to the exit node by closing the channel at once.
asio::awaitable<void> Link::Carry(Tcp::socket& channel, const Start& start) {
  auto target = co_await Dial(target_, context_->options.connect_limit);
  if (!target.ok()) co_return TellTargetFailure(target.status());
  if (!IsOnThisHost(*target)) KeepAlive(*target);  // nothing here vanishes without a word
  Stream stream(report_);
  if (const auto written = co_await WriteAll(*target, start.said); !written.ok()) co_return;
  stream.OnForward(start.said.size());
  co_await Relay(channel, *target, context_->pools, stream);
}

// Where the target is, is asked once for each channel: one that has moved is found with the next.
asio::awaitable<void> Link::CarryDatagramsOf(Tcp::socket channel, Start start) {
  const auto endpoints = co_await Resolve(target_);
  if (!endpoints.ok()) co_return TellTargetFailure(endpoints.status());
  const Tcp::endpoint& target = endpoints->front();
  Datagrams meter(report_, *context_);
  const absl::Status ended = co_await CarryDatagrams(
      std::make_shared<Tcp::socket>(std::move(channel)), {target.address(), target.port()},
      std::move(start.said), DatagramLimits{}, context_->datagrams, meter, context_->log);
  if (!absl::IsInvalidArgument(ended)) co_return;  // the channel's end is the session's affair
  context_->log.Warning("connector", "a data channel of datagrams is dropped",
                        {{"exit", exit_.name}, {"service", service_.name}, {"why", Words(ended)}});
}

void Link::TellTargetFailure(const absl::Status& why) {
  if (!IsWorthTelling(++report_.target_failures_total)) return;
  context_->log.Warning(
      "connector", "the target does not take a visitor",
      {{"service", service_.name}, {"times", report_.target_failures_total}, {"why", Words(why)}});
}

void Link::Up() {
  report_.up = true;
  report_.since = context_->clock.Now();
  report_.trouble.clear();
  context_->log.Info("connector", "tunnel is up",
                     {{"exit", exit_.name}, {"service", service_.name}});
}

void Link::Down(const absl::Status& why, int failures) {
  if (report_.up) report_.since = context_->clock.Now();
  const bool tell = report_.up || IsWorthTelling(failures);
  report_.up = false;
  report_.trouble = Words(why);
  if (!tell) return;
  context_->log.Warning("connector", "tunnel is down",
                        {{"exit", exit_.name},
                         {"service", service_.name},
                         {"failures", failures},
                         {"why", report_.trouble}});
}

}  // namespace lifeboat::exitnode
