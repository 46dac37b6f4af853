#ifndef LIFEBOAT_TESTS_BENCH_BENCH_AGENT_H_
#define LIFEBOAT_TESTS_BENCH_BENCH_AGENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "grpcpp/channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "proto/lifeboat/v1/agent.pb.h"

namespace lifeboat {

inline constexpr int kBenchServices = 1000;
inline constexpr int kBenchPaths = 3;
inline constexpr int kBenchBatch = 10;        // observations
inline constexpr uint64_t kBenchWindow = 64;  // batches that may be unacknowledged
inline constexpr uint64_t kBenchRevision = 7;
inline constexpr char kBenchEchoKey[] = "an echo key of thirty-two bytes or more";

// "edge", "exit/1", "exit/2": the path that target `target` (from 1) probes.
std::string BenchPath(uint32_t target);

// An agent's end of one stream. What it will say is made and serialised beforehand, so that a round
// spends as little as can be on this side: what is compared is the other one. Ten observations a
// batch, of all targets in turn, one in a hundred failing.
class BenchAgent final : public grpc::ClientBidiReactor<grpc::ByteBuffer, v1::AgentInstruction> {
 public:
  // `run` is new with each stream.
  BenchAgent(const std::shared_ptr<grpc::Channel>& channel, uint64_t run);
  ~BenchAgent() override;

  // Waits for the assignments, answers a ping, and waits for a seed if echoes are to be answered;
  // makes the batches.
  absl::Status Prepare(int batches, bool echoes);
  // Says them all, and waits for the last to be acknowledged.
  absl::Status Run();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  void Take(const v1::AgentInstruction& instruction);
  void WriteNext();
  v1::AgentMessage MakeBatch(uint64_t number, bool echoes, Instant from) const;

  SystemClock clock_;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, v1::AgentInstruction> stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer hello_;
  grpc::ByteBuffer pong_;
  v1::AgentInstruction incoming_;
  std::vector<grpc::ByteBuffer> batches_;
  std::string seed_ = std::string(32, 's');  // until another comes
  Mutex mutex_;
  CondVar changed_;
  uint64_t said_ GUARDED_BY(mutex_) = 0;
  uint64_t acknowledged_ GUARDED_BY(mutex_) = 0;
  bool assigned_ GUARDED_BY(mutex_) = false;
  bool seeded_ GUARDED_BY(mutex_) = false;
  bool pinged_ GUARDED_BY(mutex_) = false;    // for the first time
  bool answered_ GUARDED_BY(mutex_) = false;  // that one; the rest are not
  bool writing_ GUARDED_BY(mutex_) = true;    // the hello
  bool running_ GUARDED_BY(mutex_) = false;
  bool broken_ GUARDED_BY(mutex_) = false;
  bool done_ GUARDED_BY(mutex_) = false;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_BENCH_BENCH_AGENT_H_
