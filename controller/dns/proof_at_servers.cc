#include "controller/dns/proof_at_servers.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace lifeboat {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between an answer and the next question: a LAN's secondary is current after some 20 ms.
constexpr milliseconds kFirstPause{4}, kLastPause{200};
// For an answer, until the question is repeated.
constexpr milliseconds kFirstPatience{400}, kLastPatience{2000};
// What a server that was silent before gets to show that it is back.
constexpr milliseconds kGrace{50};

constexpr std::array<RrType, 2> kTypes = {RrType::kA, RrType::kAaaa};  // a CNAME comes with either

// The conversation with one server.
class Witness {
 public:
  Witness(const DnsClient& client, const ServerToProve& server, const std::string& hostname,
          const Records& records)
      : client_(client), server_(server), hostname_(hostname), records_(records) {
    answer_ = {.server = server.server.ToString(),
               .state = server.silent_before ? ServerState::kSilent : ServerState::kStale,
               .detail = server.silent_before ? "silent since before the move"
                                              : "has not answered since the move began"};
    Ask();
  }

  const ServerAnswer& answer() const { return answer_; }
  bool finished() const {
    return answer_.state == ServerState::kProven || answer_.state == ServerState::kUnasked;
  }
  bool blocks() const { return answer_.state == ServerState::kStale; }
  SteadyClock::time_point acts_at() const { return acts_at_; }
  void AddOpen(std::vector<DnsExchange*>& open) const {
    for (const auto& exchange : exchanges_) {
      if (exchange && !exchange->done()) open.push_back(exchange.get());
    }
  }

  // To be called after each poll.
  void Advance() {
    if (finished()) return;
    if (asking_ && HaveBoth()) Judge();
    if (!finished() && SteadyClock::now() >= acts_at_) {
      if (asking_) patience_ = std::min(patience_ * 2, kLastPatience);
      Ask();
    }
  }

 private:
  void Ask() {
    asking_ = true;
    acts_at_ = SteadyClock::now() + patience_;
    for (size_t i = 0; i < kTypes.size(); ++i) Begin(i, DnsTransport::kUdp);
    if (HaveBoth()) Judge();  // what cannot be sent is over at once
  }

  void Begin(size_t i, DnsTransport transport) {
    auto begun = client_.Begin({server_.server.endpoint, hostname_, kTypes[i]}, transport);
    exchanges_[i] = begun.ok() ? *std::move(begun) : nullptr;
    replies_[i] = begun.ok() ? absl::UnavailableError("") : begun.status();
    transports_[i] = transport;
  }

  // Takes what has come; goes on by TCP where an answer is cut short.
  bool HaveBoth() {
    bool both = true;
    for (size_t i = 0; i < kTypes.size(); ++i) {
      if (!exchanges_[i]) continue;
      if (!exchanges_[i]->done()) {
        both = false;
        continue;
      }
      const absl::StatusOr<std::string>& wire = exchanges_[i]->result();
      replies_[i] = wire.ok() ? ParseAnswer(*wire) : wire.status();
      if (replies_[i].ok() && replies_[i]->truncated && transports_[i] == DnsTransport::kUdp) {
        Begin(i, DnsTransport::kTcp);
        both = false;
      }
    }
    return both;
  }

  void Judge() {
    asking_ = false;
    patience_ = kFirstPatience;
    acts_at_ = SteadyClock::now() + pause_;
    pause_ = std::min(pause_ * 3 / 2, kLastPause);
    std::vector<ResourceRecord> served;
    for (const absl::StatusOr<DnsAnswer>& reply : replies_) {
      if (!reply.ok()) return OnNoAnswer(reply.status());
      if (const absl::Status authority = CheckAuthority(*reply); !authority.ok()) {
        return Say(ServerState::kStale, Words(authority));
      }
      served.insert(served.end(), reply->answers.begin(), reply->answers.end());
    }
    const Records here = RecordsOf(hostname_, served);
    Say(here == records_ ? ServerState::kProven : ServerState::kStale,
        absl::StrCat("serves ", RecordsToString(here)));
  }

  void OnNoAnswer(const absl::Status& status) {
    if (absl::IsFailedPrecondition(status)) return Say(ServerState::kUnasked, Words(status));
    if (absl::IsDataLoss(status)) return Say(ServerState::kStale, Words(status));
    answer_.detail = Words(status);  // unreachable counts as silent
  }

  void Say(ServerState state, std::string detail) {
    answer_.state = state;
    answer_.detail = std::move(detail);
  }

  const DnsClient& client_;
  const ServerToProve& server_;
  const std::string& hostname_;
  const Records& records_;
  ServerAnswer answer_;
  bool asking_ = false;
  milliseconds pause_ = kFirstPause;
  milliseconds patience_ = kFirstPatience;
  SteadyClock::time_point acts_at_;  // when it asks (again)
  std::array<std::unique_ptr<DnsExchange>, kTypes.size()> exchanges_;
  std::array<DnsTransport, kTypes.size()> transports_ = {};
  std::array<absl::StatusOr<DnsAnswer>, kTypes.size()> replies_;
};

using Witnesses = std::vector<std::unique_ptr<Witness>>;

Proof Sum(const Witnesses& witnesses) {
  Proof proof;
  bool blocked = false;
  for (const auto& witness : witnesses) {
    blocked |= witness->blocks();
    proof.proven |= witness->answer().state == ServerState::kProven;
    proof.servers.push_back(witness->answer());
  }
  proof.proven &= !blocked;
  return proof;
}

bool AllFinished(const Witnesses& witnesses) {
  return std::all_of(witnesses.begin(), witnesses.end(),
                     [](const auto& witness) { return witness->finished(); });
}

}  // namespace

Proof ProveAtServers(const DnsClient& client, const std::vector<ServerToProve>& servers,
                     const std::string& hostname, const Records& records, absl::Duration limit) {
  const auto begun = SteadyClock::now();
  const auto deadline = begun + absl::ToChronoNanoseconds(std::min(limit, absl::Hours(24)));
  Witnesses witnesses;
  for (const ServerToProve& server : servers) {
    witnesses.push_back(std::make_unique<Witness>(client, server, hostname, records));
  }
  while (!AllFinished(witnesses)) {
    const auto now = SteadyClock::now();
    const bool grace_over = now >= begun + kGrace;
    if (now >= deadline || (grace_over && Sum(witnesses).proven)) break;
    auto until = grace_over ? deadline : std::min(deadline, begun + kGrace);
    std::vector<DnsExchange*> open;
    for (const auto& witness : witnesses) {
      if (witness->finished()) continue;
      witness->AddOpen(open);
      until = std::min(until, witness->acts_at());
    }
    PollOnce(open, absl::FromChrono(until - now));
    for (const auto& witness : witnesses) witness->Advance();
  }
  return Sum(witnesses);
}

}  // namespace lifeboat
