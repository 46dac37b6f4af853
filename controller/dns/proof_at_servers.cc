#include "controller/dns/proof_at_servers.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
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

// Of the names that one server is asked for: as many more wait, so that no server is flooded and
// sockets do not run out. A silent server keeps nobody waiting but itself.
constexpr int kMostAtOnce = 16;

constexpr std::array<RrType, 2> kTypes = {RrType::kA, RrType::kAaaa};  // a CNAME comes with either

// The conversation with one server about one name. While it asks it holds one of the server's
// `places`.
class Witness {
 public:
  Witness(const DnsClient& client, const ServerToProve& server, const NameToProve& name,
          int& places)
      : client_(client),
        server_(server),
        hostname_(name.hostname),
        records_(name.records),
        places_(places) {
    answer_ = {.server = server.server.ToString(),
               .state = server.silent_before ? ServerState::kSilent : ServerState::kStale,
               .detail = server.silent_before ? "silent since before the move"
                                              : "has not answered since the move began"};
  }
  ~Witness() { Pause(); }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  const ServerAnswer& answer() const { return answer_; }
  bool finished() const {
    return answer_.state == ServerState::kProven || answer_.state == ServerState::kUnasked;
  }
  bool blocks() const { return answer_.state == ServerState::kStale; }
  // When it wants to do something; never while it must wait for a place.
  SteadyClock::time_point acts_at() const {
    return asking_ || places_ > 0 ? acts_at_ : SteadyClock::time_point::max();
  }
  void AddOpen(std::vector<DnsExchange*>& open) const {
    for (const auto& exchange : exchanges_) {
      if (exchange && !exchange->done()) open.push_back(exchange.get());
    }
  }

  // To be called after each poll: takes what came.
  void Hear() {
    if (!finished() && asking_ && HaveBoth()) Judge();
  }
  // To be called when all have heard.
  void Speak() {
    if (finished() || SteadyClock::now() < acts_at()) return;
    if (asking_) patience_ = std::min(patience_ * 2, kLastPatience);
    Ask();
  }

 private:
  void Ask() {
    if (!asking_) --places_;
    asking_ = true;
    acts_at_ = SteadyClock::now() + patience_;
    for (size_t i = 0; i < kTypes.size(); ++i) Begin(i, DnsTransport::kUdp);
    if (HaveBoth()) Judge();  // what cannot be sent is over at once
  }
  void Pause() {
    if (asking_) ++places_;
    asking_ = false;
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
    Pause();
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
  int& places_;
  ServerAnswer answer_;
  bool asking_ = false;
  milliseconds pause_ = kFirstPause;
  milliseconds patience_ = kFirstPatience;
  SteadyClock::time_point acts_at_;  // when it asks (again)
  std::array<std::unique_ptr<DnsExchange>, kTypes.size()> exchanges_;
  std::array<DnsTransport, kTypes.size()> transports_ = {};
  std::array<absl::StatusOr<DnsAnswer>, kTypes.size()> replies_;
};

// All the servers' words on one name.
struct Inquiry {
  size_t index = 0;
  std::vector<std::unique_ptr<Witness>> witnesses;
};
// Neither moves nor copies its elements: the witnesses hold on to them.
using Places = std::map<Endpoint, int>;

Proof Sum(const Inquiry& inquiry) {
  Proof proof;
  bool blocked = false;
  for (const auto& witness : inquiry.witnesses) {
    blocked |= witness->blocks();
    proof.proven |= witness->answer().state == ServerState::kProven;
    proof.servers.push_back(witness->answer());
  }
  proof.proven &= !blocked;
  return proof;
}

bool AllFinished(const Inquiry& inquiry) {
  return std::all_of(inquiry.witnesses.begin(), inquiry.witnesses.end(),
                     [](const auto& witness) { return witness->finished(); });
}

std::vector<Inquiry> Inquiries(const DnsClient& client, const std::vector<NameToProve>& names,
                               Places& places) {
  std::vector<Inquiry> inquiries;
  for (size_t i = 0; i < names.size(); ++i) {
    Inquiry inquiry{.index = i};
    for (const ServerToProve& server : names[i].servers) {
      int& free = places.try_emplace(server.server.endpoint, kMostAtOnce).first->second;
      inquiry.witnesses.push_back(std::make_unique<Witness>(client, server, names[i], free));
    }
    inquiries.push_back(std::move(inquiry));
  }
  return inquiries;
}

// Waits for what happens next, at most until `until`, and lets everybody act on it.
void Listen(const std::vector<Inquiry>& inquiries, SteadyClock::time_point until) {
  std::vector<DnsExchange*> open;
  std::vector<Witness*> unfinished;
  for (const Inquiry& inquiry : inquiries) {
    for (const auto& witness : inquiry.witnesses) {
      if (witness->finished()) continue;
      witness->AddOpen(open);
      until = std::min(until, witness->acts_at());
      unfinished.push_back(witness.get());
    }
  }
  PollOnce(open, absl::FromChrono(until - SteadyClock::now()));
  for (Witness* witness : unfinished) witness->Hear();
  for (Witness* witness : unfinished) witness->Speak();
}

}  // namespace

void ProveAllAtServers(const DnsClient& client, const std::vector<NameToProve>& names,
                       absl::Duration limit, absl::FunctionRef<void(size_t, Proof)> told) {
  const auto begun = SteadyClock::now();
  const auto deadline = begun + absl::ToChronoNanoseconds(std::min(limit, absl::Hours(24)));
  Places places;
  std::vector<Inquiry> inquiries = Inquiries(client, names, places);
  while (true) {
    const auto now = SteadyClock::now();
    const bool grace_over = now >= begun + kGrace;
    std::erase_if(inquiries, [&](const Inquiry& inquiry) {
      Proof proof = Sum(inquiry);
      const bool over = AllFinished(inquiry) || now >= deadline || (grace_over && proof.proven);
      if (over) told(inquiry.index, std::move(proof));
      return over;
    });
    if (inquiries.empty()) return;
    Listen(inquiries, grace_over ? deadline : std::min(deadline, begun + kGrace));
  }
}

Proof ProveAtServers(const DnsClient& client, const std::vector<ServerToProve>& servers,
                     const std::string& hostname, const Records& records, absl::Duration limit) {
  Proof proof;
  ProveAllAtServers(client, {{hostname, records, servers}}, limit,
                    [&](size_t, Proof found) { proof = std::move(found); });
  return proof;
}

}  // namespace lifeboat
