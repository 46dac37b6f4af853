#include "tests/bench/bench_agent.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/echo.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr uint32_t kTargets = kBenchServices * kBenchPaths;
// Coprime to kTargets: one after another, as jitter would have it, not service by service.
constexpr uint64_t kStride = 1009;

grpc::ByteBuffer Serialised(const v1::AgentMessage& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

int64_t BootMicros(Instant instant) { return absl::ToInt64Microseconds(instant.since_boot()); }

// As an agent fills it for HTTPS.
void Fill(uint64_t n, Instant ended, v1::Observation& observation) {
  const bool fails = n * 2654435761 % 100 == 0;
  const auto jitter = static_cast<uint32_t>(n * 40503 % 9000);
  observation.set_target(static_cast<uint32_t>(n * kStride % kTargets) + 1);
  observation.set_class_(fails ? v1::PROBE_CLASS_HTTP_EDGE : v1::PROBE_CLASS_OK);
  observation.set_http_status(fails ? 502 : 200);
  if (fails) observation.set_detail("status 502, which is not expected");
  observation.set_ended_boottime_us(BootMicros(ended));
  observation.set_resolve_us(1'200 + jitter);
  observation.set_connect_us(9'000 + jitter);
  observation.set_tls_us(11'000 + jitter);
  observation.set_first_byte_us(14'000 + jitter);
  observation.set_total_us(36'000 + 4 * jitter);
  observation.set_address(std::string("\xc0\x00\x02\x01", 4));
  observation.set_certificate_not_after(1'900'000'000);
}

}  // namespace

std::string BenchPath(uint32_t target) {
  const uint32_t path = (target - 1) % kBenchPaths;
  return path == 0 ? "edge" : absl::StrCat("exit/", path);
}

BenchAgent::BenchAgent(const std::shared_ptr<grpc::Channel>& channel, uint64_t run)
    : stub_(channel) {
  v1::AgentMessage hello;
  hello.mutable_hello()->set_run_id(run);
  hello_ = Serialised(hello);
  stub_.PrepareBidiStreamingCall(&context_, "/lifeboat.v1.AgentService/Connect", {}, this);
  AddHold();
  StartRead(&incoming_);
  StartWrite(&hello_);
  StartCall();
}

BenchAgent::~BenchAgent() {
  context_.TryCancel();
  RemoveHold();
  MutexLock lock(mutex_);
  while (!done_) changed_.Wait(mutex_);
}

absl::Status BenchAgent::Prepare(int batches, bool echoes) {
  {
    MutexLock lock(mutex_);
    const Instant until = clock_.Now() + kPatience;
    const auto ready = [&] { return assigned_ && answered_ && (seeded_ || !echoes); };
    while (!broken_ && !ready() && clock_.Now() < until) changed_.WaitFor(mutex_, kPatience);
    if (broken_ || !ready()) return absl::UnavailableError("no assignments, no ping, or no seed");
  }
  batches_.reserve(batches);
  // A microsecond apart, ended by the time they are said.
  const Instant from = clock_.Now() - absl::Microseconds(kBenchBatch) * batches;
  for (int i = 1; i <= batches; ++i) batches_.push_back(Serialised(MakeBatch(i, echoes, from)));
  return absl::OkStatus();
}

v1::AgentMessage BenchAgent::MakeBatch(uint64_t number, bool echoes, Instant from) const {
  v1::AgentMessage message;
  v1::ObservationBatch& batch = *message.mutable_batch();
  batch.set_number(number);
  batch.set_assignments_revision(kBenchRevision);
  batch.set_lag_us(3'000);
  const EchoBytes seed = *EchoFromBytes(seed_);
  for (int i = 0; i < kBenchBatch; ++i) {
    const uint64_t n = (number - 1) * kBenchBatch + i;
    v1::Observation& observation = *batch.add_observations();
    Fill(n, from + absl::Microseconds(n), observation);
    if (!echoes) continue;
    v1::EchoAnswer& echo = *observation.mutable_echo();
    echo.add_seeds(seed_);
    echo.set_counter(n + 1);
    const EchoBytes mac =
        EchoMac(kBenchEchoKey, BenchPath(observation.target()), EchoNonce({&seed, 1}, n + 1));
    // What fails is answered by the edge, which does not have the key.
    if (observation.http_status() == 200) echo.set_mac(mac.data(), mac.size());
  }
  return message;
}

absl::Status BenchAgent::Run() {
  MutexLock lock(mutex_);
  running_ = true;
  WriteNext();
  const Instant until = clock_.Now() + kPatience;
  const auto all = [this] { return acknowledged_ == batches_.size(); };
  while (!broken_ && !all() && clock_.Now() < until) changed_.WaitFor(mutex_, kPatience);
  return all() ? absl::OkStatus() : absl::UnavailableError("not all batches were acknowledged");
}

// With the mutex held.
void BenchAgent::WriteNext() {
  if (writing_) return;
  if (pinged_ && !std::exchange(answered_, true)) {
    changed_.NotifyAll();
    writing_ = true;
    return StartWrite(&pong_);
  }
  const bool window_full = said_ - acknowledged_ >= kBenchWindow;
  if (!running_ || window_full || said_ == batches_.size()) return;
  writing_ = true;
  StartWrite(&batches_[said_++]);
}

void BenchAgent::OnReadDone(bool ok) {
  MutexLock lock(mutex_);
  if (!ok) {
    broken_ = true;
    changed_.NotifyAll();
    return;
  }
  Take(incoming_);
  StartRead(&incoming_);
}

// With the mutex held.
void BenchAgent::Take(const v1::AgentInstruction& instruction) {
  if (instruction.has_ack()) {
    acknowledged_ = instruction.ack().number();
    WriteNext();
    if (acknowledged_ == batches_.size()) changed_.NotifyAll();
    return;
  }
  if (instruction.has_ping() && !pinged_) {
    v1::AgentMessage pong;
    pong.mutable_pong()->set_id(instruction.ping().id());
    pong.mutable_pong()->set_boottime_us(BootMicros(clock_.Now()));
    pong_ = Serialised(pong);
    pinged_ = true;
    return WriteNext();
  }
  if (instruction.has_assignments()) assigned_ = true;
  if (instruction.has_seed()) {
    seed_ = instruction.seed().seed();
    seeded_ = true;
  }
  changed_.NotifyAll();
}

void BenchAgent::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  writing_ = false;
  if (ok) WriteNext();
}

void BenchAgent::OnDone(const grpc::Status& /*status*/) {
  MutexLock lock(mutex_);
  done_ = true;
  changed_.NotifyAll();
}

}  // namespace lifeboat
