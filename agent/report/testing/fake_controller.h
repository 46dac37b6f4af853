#ifndef LIFEBOAT_AGENT_REPORT_TESTING_FAKE_CONTROLLER_H_
#define LIFEBOAT_AGENT_REPORT_TESTING_FAKE_CONTROLLER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/grpc_tls.h"
#include "base/mutex.h"
#include "proto/lifeboat/v1/agent.grpc.pb.h"

namespace lifeboat::agent {

// A controller that remembers what agents sent, and acknowledges if told to.
class FakeController final : public v1::AgentService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::AgentInstruction, v1::AgentMessage>;

  grpc::Status Connect(grpc::ServerContext* context, Stream* stream) override {
    const auto peer = PeerIdentity(*context, {.trust_domain = "test", .roles = {Role::kAgent}});
    if (!peer.ok()) return {grpc::StatusCode::PERMISSION_DENIED, "not an agent"};
    if (mute) {
      v1::AgentMessage ignored;
      while (stream->Read(&ignored)) {
      }
      return grpc::Status::OK;
    }
    v1::AgentInstruction instruction;
    *instruction.mutable_assignments() = assignments;
    stream->Write(instruction);
    for (const std::string& seed : seeds) {
      instruction.mutable_seed()->set_seed(seed);
      stream->Write(instruction);
    }
    v1::AgentMessage message;
    if (pings_late && stream->Read(&message)) {
      MutexLock lock(mutex_);
      messages_.push_back(message);
      never_.WaitFor(mutex_, absl::Milliseconds(200));
    }
    instruction.mutable_ping()->set_id(77);
    stream->Write(instruction);
    while (stream->Read(&message)) {
      Remember(message);
      if (hang_up_after_batches > 0 && message.has_batch() && --hang_up_after_batches == 0) {
        return {grpc::StatusCode::UNAVAILABLE, "restarting"};
      }
      if (!message.has_batch() || !acknowledge) continue;
      instruction.mutable_ack()->set_number(message.batch().number());
      stream->Write(instruction);
    }
    MutexLock lock(mutex_);
    ++closed_;
    return grpc::Status::OK;
  }

  // What was received, all streams in a row.
  std::vector<v1::AgentMessage> messages() const {
    MutexLock lock(mutex_);
    return messages_;
  }
  // The targets of all observations, and of those the ones that a controller would take.
  std::vector<uint32_t> Targets(bool new_only = true) const {
    std::vector<uint32_t> targets;
    uint64_t taken = 0;
    for (const v1::AgentMessage& message : messages()) {
      if (!message.has_batch() || (new_only && message.batch().number() <= taken)) continue;
      taken = message.batch().number();
      for (const auto& observation : message.batch().observations()) {
        targets.push_back(observation.target());
      }
    }
    return targets;
  }
  int closed() const {
    MutexLock lock(mutex_);
    return closed_;
  }

  v1::Assignments assignments;     // set before the server starts
  std::vector<std::string> seeds;  // likewise
  std::atomic<bool> acknowledge{true};
  std::atomic<bool> mute{false};
  std::atomic<bool> pings_late{false};  // a while after the hello
  std::atomic<int> hang_up_after_batches{0};

 private:
  void Remember(const v1::AgentMessage& message) {
    MutexLock lock(mutex_);
    messages_.push_back(message);
  }

  mutable Mutex mutex_;
  CondVar never_;
  std::vector<v1::AgentMessage> messages_ GUARDED_BY(mutex_);
  int closed_ GUARDED_BY(mutex_) = 0;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_REPORT_TESTING_FAKE_CONTROLLER_H_
