#ifndef LIFEBOAT_CONTROLLER_HEALTH_TESTING_RAW_AGENT_H_
#define LIFEBOAT_CONTROLLER_HEALTH_TESTING_RAW_AGENT_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/grpc_tls.h"
#include "proto/lifeboat/v1/agent.grpc.pb.h"

namespace lifeboat {

// An agent's end of one stream that says what a test has it say, the wrong things too. Everything
// fails after 15 s.
class RawAgent {
 public:
  using Message = v1::AgentMessage;
  using Instruction = v1::AgentInstruction;

  RawAgent(const std::string& controller, const TlsFiles& identity)
      : stub_(v1::AgentService::NewStub(NewChannel(
            controller,
            ClientCredentials(identity, {.trust_domain = "test", .roles = {Role::kController}})))) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(15));
    stream_ = stub_->Connect(&context_);
  }
  ~RawAgent() {
    context_.TryCancel();
    End().IgnoreError();
  }

  void Say(const Message& message) { stream_->Write(message); }
  void Hello(uint64_t run = 1) {
    Message message;
    message.mutable_hello()->set_run_id(run);
    message.mutable_hello()->set_version("1.2.3");
    Say(message);
  }
  // Says that `ping` came this very microsecond, by a clock that is `ahead` of ours.
  void Pong(const Instruction& ping, absl::Duration ahead = absl::ZeroDuration()) {
    Message message;
    message.mutable_pong()->set_id(ping.ping().id());
    message.mutable_pong()->set_boottime_us(BootMicros() + absl::ToInt64Microseconds(ahead));
    Say(message);
  }
  // Without observations, of assignments `revision`.
  static Message Batch(uint64_t number, uint64_t revision) {
    Message message;
    message.mutable_batch()->set_number(number);
    message.mutable_batch()->set_assignments_revision(revision);
    return message;
  }
  // Status 200, and this very microsecond.
  static v1::Observation& AddGood(uint32_t target, Message& batch) {
    v1::Observation& observation = *batch.mutable_batch()->add_observations();
    observation.set_target(target);
    observation.set_class_(v1::PROBE_CLASS_OK);
    observation.set_http_status(200);
    observation.set_total_us(40'000);
    observation.set_ended_boottime_us(BootMicros());
    return observation;
  }

  // The next instruction; nothing: the stream has ended.
  std::optional<Instruction> Next() {
    Instruction instruction;
    if (!stream_->Read(&instruction)) return std::nullopt;
    return instruction;
  }
  // The next one of that kind, others passed over.
  std::optional<Instruction> Next(Instruction::MessageCase kind) {
    for (auto instruction = Next(); instruction; instruction = Next()) {
      if (instruction->message_case() == kind) return instruction;
    }
    return std::nullopt;
  }
  // Says the batch; whether it was acknowledged.
  bool Bring(const Message& batch) {
    Say(batch);
    const auto ack = Next(Instruction::kAck);
    return ack && ack->ack().number() == batch.batch().number();
  }
  void HangUp() { stream_->WritesDone(); }
  // Reads to the end, and says how it came to that.
  absl::Status End() {
    if (!end_) {
      while (Next()) {
      }
      end_ = stream_->Finish();
    }
    return {static_cast<absl::StatusCode>(end_->error_code()), end_->error_message()};
  }

  static int64_t BootMicros() {
    return absl::ToInt64Microseconds(SystemClock().Now().since_boot());
  }

 private:
  const std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Message, Instruction>> stream_;
  std::optional<grpc::Status> end_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_TESTING_RAW_AGENT_H_
