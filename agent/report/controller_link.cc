#include "agent/report/controller_link.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/report/to_proto.h"
#include "base/grpc_status.h"
#include "base/grpc_tls.h"
#include "base/status.h"
#include "proto/lifeboat/v1/agent.grpc.pb.h"

namespace lifeboat::agent {
namespace {

namespace pb = lifeboat::v1;

constexpr absl::Duration ClosePatience() { return absl::Seconds(1); }
constexpr absl::Duration LongestNap() { return absl::Milliseconds(200); }
constexpr absl::Duration SayAgainAfter() { return absl::Minutes(1); }
constexpr size_t kMostPongs = 16;

}  // namespace

// One call of Connect, from its start to its end. All state but the message being read is guarded
// by the link's mutex. A hold keeps gRPC from ending it while the link's thread may still write.
class ControllerLink::Stream final
    : public grpc::ClientBidiReactor<pb::AgentMessage, pb::AgentInstruction> {
 public:
  Stream(ControllerLink& link, const std::shared_ptr<grpc::Channel>& channel)
      : link_(link), stub_(pb::AgentService::NewStub(channel)), heard_(link.clock_.Now()) {
    stub_->async()->Connect(&context_, this);
    AddHold();
    StartRead(&incoming_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    switch (incoming_.message_case()) {
      case pb::AgentInstruction::kAssignments:
        link_.TakeAssignments(incoming_.assignments());
        break;
      case pb::AgentInstruction::kPing:
        QueuePong(incoming_.ping().id());
        break;
      case pb::AgentInstruction::kAck:
        TakeAck(incoming_.ack().number());
        break;
      case pb::AgentInstruction::kSeed:
        link_.TakeSeed(incoming_.seed());
        break;
      case pb::AgentInstruction::MESSAGE_NOT_SET:
        break;  // of a newer controller
    }
    {
      MutexLock lock(link_.mutex_);
      heard_ = link_.clock_.Now();
      link_.connected_ = true;
      WriteNext();
    }
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(link_.mutex_);
    writing_ = false;
    if (ok) WriteNext();  // else the read fails too, and ends it
  }

  void OnDone(const grpc::Status& status) override {
    MutexLock lock(link_.mutex_);
    status_ = status;
    done_ = true;
    link_.changed_.NotifyAll();
  }

  // With the link's mutex held.
  bool done() const { return done_; }
  bool writing() const { return writing_; }
  const grpc::Status& status() const { return status_; }
  void WriteNext();
  void Close();
  void CheckSilence(Instant now);

 private:
  void QueuePong(uint64_t id) {
    MutexLock lock(link_.mutex_);
    if (pongs_.size() < kMostPongs) pongs_.push_back(id);
  }
  void TakeAck(uint64_t number) {
    MutexLock lock(link_.mutex_);
    link_.queue_.Ack(number);
  }
  void End() {
    {
      MutexLock lock(link_.mutex_);
      ended_ = true;
    }
    RemoveHold();
  }
  bool Fill(Instant now);

  ControllerLink& link_;
  const std::unique_ptr<pb::AgentService::Stub> stub_;
  grpc::ClientContext context_;
  pb::AgentInstruction incoming_;
  pb::AgentMessage outgoing_;
  Instant heard_;
  std::optional<Instant> closing_since_;
  std::deque<uint64_t> pongs_;
  bool greeted_ = false;
  bool answered_ = false;  // a ping
  bool writing_ = false;
  bool half_closed_ = false;
  bool ended_ = false;
  bool done_ = false;
  grpc::Status status_;
};

// Starts the next write, if there is something to say and none is in flight.
void ControllerLink::Stream::WriteNext() {
  if (writing_ || ended_ || half_closed_) return;
  if (Fill(link_.clock_.Now())) {
    writing_ = true;
    StartWrite(&outgoing_);
  } else if (closing_since_) {
    half_closed_ = true;
    StartWritesDone();
  }
}

bool ControllerLink::Stream::Fill(Instant now) {
  outgoing_.Clear();
  if (!greeted_) {
    greeted_ = true;
    outgoing_.mutable_hello()->set_run_id(link_.options_.run_id);
    outgoing_.mutable_hello()->set_version(link_.options_.version);
    return true;
  }
  if (!pongs_.empty()) {
    outgoing_.mutable_pong()->set_id(pongs_.front());
    outgoing_.mutable_pong()->set_boottime_us(BootMicros(now));
    pongs_.pop_front();
    answered_ = true;
    return true;
  }
  // Until then the controller cannot date what it is told, and would take news for history.
  if (!answered_) return false;
  // A closing stream still takes what is ripe or not: there is no later.
  const Instant ripe_by = closing_since_ ? now + ObservationQueue::RipeAfter() : now;
  const ObservationQueue::Batch* batch = link_.queue_.Next(ripe_by);
  if (batch == nullptr) return false;
  *outgoing_.mutable_batch() = ToProto(*batch);
  const Vitals vitals = link_.vitals_();
  const int64_t lag_us = absl::ToInt64Microseconds(vitals.lag_p99);
  outgoing_.mutable_batch()->set_dropped_total(link_.queue_.dropped_total());
  outgoing_.mutable_batch()->set_lag_us(static_cast<uint32_t>(std::min<int64_t>(lag_us, ~0u)));
  outgoing_.mutable_batch()->set_resolvers_dead(vitals.resolvers_dead);
  return true;
}

// Says what is left, then goodbye; breaks off when that takes too long.
void ControllerLink::Stream::Close() {
  const Instant now = link_.clock_.Now();
  if (!closing_since_) closing_since_ = now;
  if (now - *closing_since_ > ClosePatience()) context_.TryCancel();
  WriteNext();
}

// Beside gRPC's keep-alive: it sees a dead machine, not a controller that says nothing any more.
void ControllerLink::Stream::CheckSilence(Instant now) {
  if (now - heard_ > link_.options_.silence_limit) context_.TryCancel();
}

ControllerLink::ControllerLink(LinkOptions options, const Clock& clock, absl::BitGenRef random,
                               OnAssignment on_assignment, OnSeed on_seed, ReadVitals vitals,
                               Metrics& metrics, Log& log)
    : options_(std::move(options)),
      clock_(clock),
      on_assignment_(std::move(on_assignment)),
      on_seed_(std::move(on_seed)),
      vitals_(std::move(vitals)),
      metrics_(metrics),
      log_(log),
      random_(random),
      queue_(options_.queue_limit),
      thread_([this] { Run(); }) {}

ControllerLink::~ControllerLink() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void ControllerLink::Push(uint64_t revision, uint32_t target, Observation observation) {
  MutexLock lock(mutex_);
  if (queue_.Push(revision, target, std::move(observation), clock_.Now())) changed_.NotifyAll();
}

bool ControllerLink::connected() const {
  MutexLock lock(mutex_);
  return connected_;
}

void ControllerLink::Run() {
  while (true) {
    const auto loaded = LoadIdentity(options_.identity, clock_.WallNow());
    if (loaded.ok()) {
      Converse();
    } else {
      SayEnd(loaded.status());
    }
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
    }
    Pause();
  }
}

void ControllerLink::Converse() {
  const auto channel = NewChannel(
      options_.controller,
      ClientCredentials(options_.identity,
                        {.trust_domain = options_.trust_domain, .roles = {Role::kController}}));
  bool said_connected = false;
  Stream stream(*this, channel);
  MutexLock lock(mutex_);
  queue_.Rewind();
  while (!stream.done()) {
    const Instant now = clock_.Now();
    if (stopping_) {
      stream.Close();
    } else {
      stream.CheckSilence(now);
      stream.WriteNext();
    }
    if (connected_ && !std::exchange(said_connected, true)) {
      metrics_.Connected(options_.controller).Set(1);
      log_.Info("report", "connected", {{"controller", options_.controller}});
      backoff_.Reset();
      last_end_.reset();
    }
    SayDropped();
    // While a write is in flight its end starts the next one.
    const auto ready = stream.writing() ? std::nullopt : queue_.NextReady();
    const absl::Duration until = ready ? *ready - now : LongestNap();
    changed_.WaitFor(mutex_, std::clamp(until, absl::Milliseconds(5), LongestNap()));
  }
  connected_ = false;
  metrics_.Connected(options_.controller).Set(0);
  if (!stopping_) SayEnd(FromGrpc(stream.status()));
}

void ControllerLink::Pause() {
  const Instant until = clock_.Now() + backoff_.Next(random_);
  MutexLock lock(mutex_);
  while (!stopping_ && clock_.Now() < until) {
    SayDropped();
    changed_.WaitFor(mutex_, std::min(until - clock_.Now(), absl::Milliseconds(200)));
  }
}

// Once for each new kind of reason; other words for the same kind (gRPC names now A, now AAAA) once
// a minute. A controller that is away for a day is one line.
void ControllerLink::SayEnd(const absl::Status& why) {
  const Instant now = clock_.Now();
  if (last_end_ == why) return;
  const bool same_kind = last_end_ && last_end_->code() == why.code();
  if (same_kind && now - last_end_said_ < SayAgainAfter()) return;
  last_end_ = why;
  last_end_said_ = now;
  log_.Warning("report", "no stream; dialling again until there is one",
               {{"controller", options_.controller},
                {"why", why.ok() ? "the controller ended the stream" : Words(why)}});
}

// With the mutex held.
void ControllerLink::SayDropped() {
  const uint64_t dropped = queue_.dropped_total();
  const Instant now = clock_.Now();
  metrics_.Queued(options_.controller).Set(static_cast<double>(queue_.size()));
  metrics_.Dropped(options_.controller).Increment(static_cast<double>(dropped - dropped_counted_));
  dropped_counted_ = dropped;
  if (dropped == dropped_said_) return;
  if (dropped_said_at_ && now - *dropped_said_at_ < SayAgainAfter()) return;
  log_.Warning("report", "the queue is full; the oldest observations are dropped",
               {{"controller", options_.controller},
                {"dropped", dropped - dropped_said_},
                {"queue", options_.queue_limit}});
  dropped_said_ = dropped;
  dropped_said_at_ = now;
}

void ControllerLink::TakeAssignments(const pb::Assignments& assignments) {
  auto assignment = AssignmentFromProto(assignments);
  if (!assignment.ok()) {
    log_.Error("report", "assignments refused",
               {{"controller", options_.controller}, {"why", Words(assignment.status())}});
    return;
  }
  if (assignment->refused != refused_said_) {
    refused_said_ = assignment->refused;
    for (const std::string& refusal : refused_said_) {
      log_.Error("report", "part of the assignments refused",
                 {{"controller", options_.controller}, {"why", refusal}});
    }
  }
  log_.Info("report", "assignments taken",
            {{"controller", options_.controller},
             {"revision", assignment->revision},
             {"targets", assignment->targets.size()}});
  on_assignment_(*std::move(assignment));
}

// One of another size is a newer controller's: without a seed there is no echo, and no harm.
void ControllerLink::TakeSeed(const pb::EchoSeed& seed) {
  if (const auto bytes = EchoFromBytes(seed.seed())) on_seed_(*bytes);
}

}  // namespace lifeboat::agent
