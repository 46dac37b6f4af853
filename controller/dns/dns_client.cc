#include "controller/dns/dns_client.h"

#include <poll.h>
#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Beyond this, datagrams may be cut or dropped on the way.
constexpr size_t kMostDatagramBytes = 1200;

absl::Duration Until(SteadyClock::time_point deadline) {
  return absl::FromChrono(deadline - SteadyClock::now());
}

absl::Status Silence(const Endpoint& server, absl::Duration timeout) {
  return absl::DeadlineExceededError(
      absl::StrCat(server.ToString(), " did not answer within ", absl::FormatDuration(timeout)));
}

// One question through its attempts: UDP, UDP again, TCP; a third of the time each.
class Attempts {
 public:
  Attempts(const DnsClient& client, const DnsQuestion& question, absl::Duration timeout)
      : client_(client), question_(question), timeout_(timeout) {
    Begin(DnsTransport::kUdp);
  }

  DnsExchange& exchange() { return *exchange_; }
  bool done() const { return answer_.has_value(); }
  absl::Duration patience() const { return Until(attempt_deadline_); }
  absl::StatusOr<DnsAnswer> TakeAnswer() {
    return done() ? *std::move(answer_) : Silence(question_.server, timeout_);
  }

  // To be called after each poll.
  void Advance() {
    if (done()) return;
    if (exchange_->done()) return OnResult();
    if (patience() > absl::ZeroDuration()) return;
    if (attempts_ >= 3) {
      answer_ = Silence(question_.server, timeout_);
    } else {
      Begin(attempts_ < 2 ? DnsTransport::kUdp : DnsTransport::kTcp);
    }
  }

 private:
  void Begin(DnsTransport transport) {
    ++attempts_;
    transport_ = transport;
    attempt_deadline_ = SteadyClock::now() + absl::ToChronoNanoseconds(timeout_ / 3);
    absl::StatusOr<std::unique_ptr<DnsExchange>> begun = client_.Begin(question_, transport);
    if (!begun.ok()) {
      answer_ = begun.status();
      return;
    }
    exchange_ = *std::move(begun);
    if (exchange_->done()) OnResult();
  }

  void OnResult() {
    const absl::StatusOr<std::string>& reply = exchange_->result();
    if (!reply.ok()) {
      answer_ = reply.status();
      return;
    }
    absl::StatusOr<DnsAnswer> answer = ParseAnswer(*reply);
    if (answer.ok() && answer->truncated && transport_ == DnsTransport::kUdp) {
      attempts_ = 2;
      return Begin(DnsTransport::kTcp);
    }
    answer_ =
        answer.ok() ? std::move(answer) : Annotate(answer.status(), question_.server.ToString());
  }

  const DnsClient& client_;
  const DnsQuestion question_;
  const absl::Duration timeout_;
  int attempts_ = 0;
  DnsTransport transport_ = DnsTransport::kUdp;
  SteadyClock::time_point attempt_deadline_;
  std::unique_ptr<DnsExchange> exchange_;
  std::optional<absl::StatusOr<DnsAnswer>> answer_;
};

}  // namespace

uint16_t RandomMessageId() {
  uint16_t id = 0;
  // Two bytes always come whole (getrandom(2)).
  while (getrandom(&id, sizeof(id), 0) != sizeof(id)) {
  }
  return id;
}

void PollOnce(const std::vector<DnsExchange*>& exchanges, absl::Duration limit) {
  std::vector<pollfd> fds;
  for (const DnsExchange* exchange : exchanges) {
    if (!exchange->done()) fds.push_back({exchange->fd(), exchange->events(), 0});
  }
  // Rounded up, or the last millisecond would spin.
  const int64_t milliseconds = std::clamp<int64_t>(
      absl::ToInt64Milliseconds(absl::Ceil(limit, absl::Milliseconds(1))), 0, 3'600'000);
  if (poll(fds.data(), fds.size(), static_cast<int>(milliseconds)) <= 0) return;
  auto fd = fds.begin();
  for (DnsExchange* exchange : exchanges) {
    if (exchange->done()) continue;
    if ((fd++)->revents != 0) exchange->OnReady();
  }
}

absl::StatusOr<std::unique_ptr<DnsExchange>> DnsClient::Begin(const DnsQuestion& question,
                                                              DnsTransport transport) const {
  ASSIGN_OR_RETURN(std::string message,
                   MakeQuestion(question.name, question.type, question.recursion_desired));
  SetMessageId(message, RandomMessageId());
  return std::make_unique<DnsExchange>(question.server, std::move(message), transport, source_);
}

std::vector<absl::StatusOr<DnsAnswer>> DnsClient::AskAll(const std::vector<DnsQuestion>& questions,
                                                         absl::Duration timeout) const {
  std::vector<std::unique_ptr<Attempts>> all;
  for (const DnsQuestion& question : questions) {
    all.push_back(std::make_unique<Attempts>(*this, question, timeout));
  }
  const auto deadline = SteadyClock::now() + absl::ToChronoNanoseconds(timeout);
  while (true) {
    std::vector<DnsExchange*> open;
    absl::Duration patience = Until(deadline);
    for (const auto& attempts : all) {
      if (attempts->done()) continue;
      open.push_back(&attempts->exchange());
      patience = std::min(patience, attempts->patience());
    }
    if (open.empty() || Until(deadline) <= absl::ZeroDuration()) break;
    PollOnce(open, patience);
    for (const auto& attempts : all) attempts->Advance();
  }
  std::vector<absl::StatusOr<DnsAnswer>> answers;
  for (const auto& attempts : all) answers.push_back(attempts->TakeAnswer());
  return answers;
}

absl::StatusOr<DnsAnswer> DnsClient::Ask(const DnsQuestion& question,
                                         absl::Duration timeout) const {
  return std::move(AskAll({question}, timeout)[0]);
}

absl::StatusOr<std::string> DnsClient::SendOnce(const Endpoint& server, const std::string& message,
                                                absl::Duration timeout) const {
  DnsExchange exchange(
      server, message,
      message.size() > kMostDatagramBytes ? DnsTransport::kTcp : DnsTransport::kUdp, source_);
  const auto deadline = SteadyClock::now() + absl::ToChronoNanoseconds(timeout);
  while (!exchange.done() && Until(deadline) > absl::ZeroDuration()) {
    PollOnce({&exchange}, Until(deadline));
  }
  if (exchange.done()) return exchange.result();
  const absl::Status silence = Silence(server, timeout);
  return exchange.may_have_arrived() ? silence : absl::UnavailableError(silence.message());
}

}  // namespace lifeboat
