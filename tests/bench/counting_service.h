#ifndef LIFEBOAT_TESTS_BENCH_COUNTING_SERVICE_H_
#define LIFEBOAT_TESTS_BENCH_COUNTING_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "base/mutex.h"
#include "proto/lifeboat/v1/agent.grpc.pb.h"
#include "tests/bench/bench_agent.h"

namespace lifeboat {

// What the agents' service would be if it did nothing but count: a bare gRPC stream. It has nothing
// to queue, as an acknowledgement holds for all that went before.
class CountingService final : public v1::AgentService::CallbackService {
 public:
  grpc::ServerBidiReactor<v1::AgentMessage, v1::AgentInstruction>* Connect(
      grpc::CallbackServerContext* /*context*/) override {
    return new Stream(*this);
  }
  uint64_t counted() const { return counted_; }

 private:
  class Stream final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::AgentInstruction> {
   public:
    explicit Stream(CountingService& service) : service_(service) {
      instruction_.mutable_assignments()->set_revision(kBenchRevision);
      StartWrite(&instruction_);
      StartRead(&message_);
    }
    void OnReadDone(bool ok) override {
      MutexLock lock(mutex_);
      if (!ok) {
        ended_ = true;
        if (!writing_) Finish(grpc::Status::OK);
        return;
      }
      service_.counted_ += message_.batch().observations_size();
      taken_ = message_.batch().number();
      Acknowledge();
      message_.Clear();
      StartRead(&message_);
    }
    void OnWriteDone(bool ok) override {
      MutexLock lock(mutex_);
      writing_ = false;
      if (ended_) return Finish(grpc::Status::OK);
      if (!ok) return;
      if (instruction_.has_assignments()) {
        instruction_.mutable_seed()->set_seed(std::string(32, 's'));
      } else if (instruction_.has_seed()) {
        instruction_.mutable_ping()->set_id(1);
      } else {
        return Acknowledge();
      }
      writing_ = true;
      StartWrite(&instruction_);
    }
    void OnDone() override { delete this; }

   private:
    // With the mutex held.
    void Acknowledge() {
      if (writing_ || acknowledged_ == taken_) return;
      acknowledged_ = taken_;
      instruction_.mutable_ack()->set_number(taken_);
      writing_ = true;
      StartWrite(&instruction_);
    }

    CountingService& service_;
    v1::AgentMessage message_;
    v1::AgentInstruction instruction_;
    Mutex mutex_;
    uint64_t taken_ GUARDED_BY(mutex_) = 0;
    uint64_t acknowledged_ GUARDED_BY(mutex_) = 0;
    bool writing_ GUARDED_BY(mutex_) = true;
    bool ended_ GUARDED_BY(mutex_) = false;
  };

  std::atomic<uint64_t> counted_{0};
};

}  // namespace lifeboat

#endif  // LIFEBOAT_TESTS_BENCH_COUNTING_SERVICE_H_
