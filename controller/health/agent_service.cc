#include "controller/health/agent_service.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/grpc_refusal.h"
#include "base/grpc_status.h"
#include "base/grpc_tls.h"
#include "base/status.h"
#include "controller/health/observation.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

constexpr int kMostInBatch = 1000;
constexpr size_t kMostQueued = 64;
constexpr size_t kMostPings = 16;

using Reactor = grpc::ServerBidiReactor<pb::AgentMessage, pb::AgentInstruction>;

}  // namespace

// One agent's stream, read to its end. Reads come one at a time; writes may be asked for by the
// reader and by the pinger, so the writing side has a lock.
class AgentService::Stream final : public Reactor {
 public:
  Stream(AgentService& service, grpc::CallbackServerContext& context, std::string vantage,
         const pb::Assignments& assignments)
      : service_(service),
        context_(context),
        vantage_(std::move(vantage)),
        echoes_(service.echoes_.at(vantage_)) {
    pb::AgentInstruction instruction;
    *instruction.mutable_assignments() = assignments;
    revision_ = assignments.revision();
    Send(std::move(instruction));
    StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(absl::OkStatus());  // hung up, cancelled or replaced
    const absl::Status taken = Take(message_);
    if (!taken.ok()) return End(taken);
    message_.Clear();
    StartRead(&message_);
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    outbox_.pop_front();
    if (ended_) return Finish(ToGrpc(end_));
    if (ok) WriteNext();
  }

  void OnDone() override {
    service_.Unregister(vantage_, this);
    const bool was_present = WriteIfPresent([this](VantageHealth& health) {
      health.Disconnect();
      service_.recorder_.Disconnected(vantage_, service_.clock_.Now());
      return true;
    });
    if (was_present) service_.log_.Info("agents", "disconnected", {{"agent", vantage_}});
    delete this;
  }

  void Ping() {
    pb::AgentInstruction instruction;
    {
      MutexLock lock(mutex_);
      instruction.mutable_ping()->set_id(next_ping_);
      pings_.push_back({next_ping_++, service_.clock_.Now()});
      if (pings_.size() > kMostPings) pings_.pop_front();
    }
    Send(std::move(instruction));
    SendSeedIfDue();
  }

  // From another thread: the read in flight fails, and that is the end.
  void Replace() { context_.TryCancel(); }

 private:
  struct SentPing {
    uint64_t id;
    Instant at;
  };

  absl::Status Take(const pb::AgentMessage& message) {
    switch (message.message_case()) {
      case pb::AgentMessage::kHello:
        return TakeHello(message.hello());
      case pb::AgentMessage::kBatch:
        return TakeBatch(message.batch());
      case pb::AgentMessage::kPong:
        TakePong(message.pong());
        return absl::OkStatus();
      case pb::AgentMessage::MESSAGE_NOT_SET:
        break;
    }
    return absl::InvalidArgumentError("a message of a kind that this controller does not know");
  }

  absl::Status TakeHello(const pb::AgentHello& hello) {
    if (stream_ != 0 || hello.run_id() == 0) {
      return absl::InvalidArgumentError("one hello, with a run id, and it first");
    }
    stream_ = service_.Register(vantage_, this, hello.run_id());
    service_.board_.Describe(vantage_, context_.peer(), hello.version());
    service_.log_.Info("agents", "connected", {{"agent", vantage_}, {"run", hello.run_id()}});
    Ping();  // at once: nothing counts before it comes back
    return absl::OkStatus();
  }

  absl::Status TakeBatch(const pb::ObservationBatch& batch) {
    if (stream_ == 0) return absl::InvalidArgumentError("observations before the hello");
    if (batch.observations_size() > kMostInBatch) {
      return absl::InvalidArgumentError(absl::StrCat("a batch of ", batch.observations_size(),
                                                     " observations; at most 1,000 are taken"));
    }
    const bool is_present = WriteIfPresent([&](VantageHealth& health) {
      if (!health.TakeBatch(batch.number())) return false;
      const absl::Duration lag = absl::Microseconds(batch.lag_us());
      health.TakeCondition(lag, batch.resolvers_dead(), batch.dropped_total());
      service_.recorder_.Condition(vantage_, lag, batch.resolvers_dead(), service_.clock_.Now());
      // Target numbers of other assignments mean other targets: their results are passed over.
      const bool in_force = batch.assignments_revision() == revision_;
      bool changed = health.TakeRevision(in_force);
      if (!in_force) return changed;
      for (const pb::Observation& observation : batch.observations()) {
        TakeObservation(health, observation, changed);
      }
      return changed;
    });
    if (is_present) Acknowledge(batch.number());
    return absl::OkStatus();
  }

  // Changes the vantage's health unless a newer stream is its present one, perhaps of another run
  // of the agent. Returns whether it was.
  bool WriteIfPresent(const std::function<bool(VantageHealth&)>& change) {
    bool is_present = false;
    service_.board_.Write(vantage_, [&](VantageHealth& health) {
      is_present = health.IsPresent(stream_);
      return is_present && change(health);
    });
    return is_present;
  }

  // A seed is the stream's, so that a new one has its own at once.
  void SendSeedIfDue() {
    const Instant now = service_.clock_.Now();
    {
      MutexLock lock(mutex_);
      if (seeded_at_ && now - *seeded_at_ < EchoCheck::kSeedEvery) return;
      seeded_at_ = now;
    }
    const EchoBytes seed = service_.new_seed_();
    {
      MutexLock lock(echoes_.mutex);
      if (!echoes_.check.AsksAnything()) return;
      echoes_.check.Issue(seed, now);
    }
    pb::AgentInstruction instruction;
    instruction.mutable_seed()->set_seed(seed.data(), seed.size());
    Send(std::move(instruction));
  }

  void JudgeEcho(uint32_t target, Seen& seen) {
    MutexLock lock(echoes_.mutex);
    if (!echoes_.check.Asks(target)) return;
    seen.echo = echoes_.check.Check(target, seen.answer, service_.clock_.Now());
    EchoJudgement judged =
        JudgeByEcho(seen.probe_class, seen.http_status, std::move(seen.detail), seen.echo);
    seen.probe_class = judged.probe_class;
    seen.detail = std::move(judged.detail);
    seen.proven = judged.counts;
  }

  void TakeObservation(VantageHealth& health, const pb::Observation& observation, bool& changed) {
    absl::StatusOr<Seen> seen = FromProto(observation);
    const absl::Status taken =
        seen.ok() ? health.Check(observation.target(), *seen) : seen.status();
    if (taken.ok()) {
      JudgeEcho(observation.target(), *seen);
      const Instant now = service_.clock_.Now();
      const uint64_t late = health.late();
      health.Take(observation.target(), *seen, now, changed);
      const bool counted = health.late() == late;
      if (!seen->proven && counted) return;  // what proves nothing is not to be judged again
      if (!health.clock().known()) return;   // nor what cannot be dated
      service_.recorder_.Saw(vantage_, observation.target(), *seen, counted, now);
      return;
    }
    health.CountRefused();
    if (told_of_refusal_) return;
    told_of_refusal_ = true;  // once a stream: an agent that lies must not fill the log
    service_.log_.Warning("agents", "refuses an observation",
                          {{"agent", vantage_}, {"why", Words(taken)}});
  }

  void TakePong(const pb::Pong& pong) {
    const Instant now = service_.clock_.Now();
    std::optional<Instant> sent;
    {
      MutexLock lock(mutex_);
      for (const SentPing& ping : pings_) {
        if (ping.id == pong.id()) sent = ping.at;
      }
    }
    if (!sent || pong.boottime_us() < 0) return;
    WriteIfPresent([&](VantageHealth& health) {
      const bool first = !health.clock().known();
      health.Pong(*sent, now, absl::Microseconds(pong.boottime_us()));
      if (first) service_.recorder_.Connected(vantage_, health.clock().Theirs(now), now);
      return false;
    });
  }

  // What still waits to be said speaks for this batch too: a flood costs no write for each.
  void Acknowledge(uint64_t number) {
    {
      MutexLock lock(mutex_);
      const bool waits = outbox_.size() > (writing_ ? 1 : 0) && outbox_.back().has_ack();
      if (waits) {
        pb::BatchAck& ack = *outbox_.back().mutable_ack();
        ack.set_number(std::max(ack.number(), number));
        return;
      }
    }
    pb::AgentInstruction instruction;
    instruction.mutable_ack()->set_number(number);
    Send(std::move(instruction));
  }

  void Send(pb::AgentInstruction instruction) {
    MutexLock lock(mutex_);
    // An agent that does not read is told no more; its silence ends the stream by keep-alive.
    if (ended_ || outbox_.size() >= kMostQueued) return;
    outbox_.push_back(std::move(instruction));
    if (!writing_) WriteNext();
  }

  void WriteNext() {
    if (outbox_.empty()) return;
    writing_ = true;
    StartWrite(&outbox_.front());
  }

  void End(const absl::Status& status) {
    if (!status.ok()) {
      service_.log_.Warning("agents", "ends a stream",
                            {{"agent", vantage_}, {"why", Words(status)}});
    }
    MutexLock lock(mutex_);
    ended_ = true;
    end_ = status;
    if (!writing_) Finish(ToGrpc(end_));
  }

  AgentService& service_;
  grpc::CallbackServerContext& context_;
  const std::string vantage_;
  EchoDesk& echoes_;
  uint64_t revision_ = 0;         // of the assignments in force
  uint64_t stream_ = 0;           // its number, from the hello on; reader only
  bool told_of_refusal_ = false;  // reader only
  pb::AgentMessage message_;      // reader only
  Mutex mutex_;
  std::deque<pb::AgentInstruction> outbox_ GUARDED_BY(mutex_);  // its front is being written
  bool writing_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  absl::Status end_ GUARDED_BY(mutex_);
  std::deque<SentPing> pings_ GUARDED_BY(mutex_);
  uint64_t next_ping_ GUARDED_BY(mutex_) = 1;
  std::optional<Instant> seeded_at_ GUARDED_BY(mutex_);
};

AgentService::AgentService(std::string trust_domain,
                           std::map<std::string, pb::Assignments> assignments,
                           const std::vector<EchoTarget>& echoes, NewSeed new_seed,
                           HealthBoard& board, ObservationRecorder& recorder, const Clock& clock,
                           Log& log, absl::Duration ping_every)
    : trust_domain_(std::move(trust_domain)),
      assignments_(std::move(assignments)),
      new_seed_(std::move(new_seed)),
      board_(board),
      recorder_(recorder),
      clock_(clock),
      log_(log),
      ping_every_(ping_every) {
  for (const auto& [vantage, assigned] : assignments_) echoes_.try_emplace(vantage, echoes);
  pinger_ = std::thread([this] { PingAll(); });
}

AgentService::~AgentService() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    ending_changed_.NotifyAll();
  }
  pinger_.join();
}

Reactor* AgentService::Connect(grpc::CallbackServerContext* context) {
  const absl::StatusOr<Identity> peer =
      PeerIdentity(*context, {.trust_domain = trust_domain_, .roles = {Role::kAgent}});
  if (!peer.ok()) {
    log_.Warning("agents", "refuses a caller",
                 {{"peer", context->peer()}, {"why", Words(peer.status())}});
    return new Refusal<Reactor>(peer.status());
  }
  const auto assignments = assignments_.find(peer->name);
  if (assignments == assignments_.end()) {
    const absl::Status unknown = absl::NotFoundError(absl::StrCat(
        "the configuration names no vantage \"", peer->name, "\"; add it to `vantages`"));
    log_.Warning("agents", "refuses a caller",
                 {{"peer", context->peer()}, {"why", Words(unknown)}});
    return new Refusal<Reactor>(unknown);
  }
  return new Stream(*this, *context, peer->name, assignments->second);
}

void AgentService::PingAll() {
  MutexLock lock(mutex_);
  while (!ending_) {
    for (const auto& [vantage, stream] : streams_) stream->Ping();
    ending_changed_.WaitFor(mutex_, ping_every_);
  }
}

// All of it under one lock, or of two that say hello at once each might win a part.
uint64_t AgentService::Register(const std::string& vantage, Stream* stream, uint64_t run) {
  MutexLock lock(mutex_);
  Stream*& present = streams_[vantage];
  if (present != nullptr) present->Replace();
  present = stream;
  uint64_t number = 0;
  board_.Write(vantage, [&](VantageHealth& health) {
    number = health.Connect(run);
    return true;
  });
  EchoDesk& echoes = echoes_.at(vantage);
  MutexLock echoes_lock(echoes.mutex);
  echoes.check.Begin(run);
  return number;
}

void AgentService::Unregister(const std::string& vantage, Stream* stream) {
  MutexLock lock(mutex_);
  const auto found = streams_.find(vantage);
  if (found != streams_.end() && found->second == stream) streams_.erase(found);
}

}  // namespace lifeboat
