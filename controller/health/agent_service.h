#ifndef LIFEBOAT_CONTROLLER_HEALTH_AGENT_SERVICE_H_
#define LIFEBOAT_CONTROLLER_HEALTH_AGENT_SERVICE_H_

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/echo.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/tls.h"
#include "controller/health/echo_check.h"
#include "controller/health/health_board.h"
#include "controller/health/observation_recorder.h"
#include "proto/lifeboat/v1/agent.grpc.pb.h"

namespace lifeboat {

// Agents' streams: takes their observations to the board, gives them their assignments, and pings
// them every 2 s to learn how far their clocks are from ours.
class AgentService final : public lifeboat::v1::AgentService::CallbackService {
 public:
  using NewSeed = std::function<EchoBytes()>;
  static constexpr absl::Duration kPingEvery = absl::Seconds(2);

  // One message of assignments for each configured vantage; `echoes` are its targets'. `new_seed`
  // gives random bytes that nobody can foresee, in any thread. References outlive the service; the
  // service outlives its server.
  AgentService(std::string trust_domain,
               std::map<std::string, lifeboat::v1::Assignments> assignments,
               const std::vector<EchoTarget>& echoes, NewSeed new_seed, HealthBoard& board,
               ObservationRecorder& recorder, const Clock& clock, Log& log,
               absl::Duration ping_every = kPingEvery);
  // Its server has been shut down before.
  ~AgentService() override;

  grpc::ServerBidiReactor<lifeboat::v1::AgentMessage, lifeboat::v1::AgentInstruction>* Connect(
      grpc::CallbackServerContext* context) override;

 private:
  class Stream;
  // The echoes of one vantage, whichever stream it speaks on.
  struct EchoDesk {
    explicit EchoDesk(const std::vector<EchoTarget>& targets) : check(targets) {}
    Mutex mutex;
    EchoCheck check GUARDED_BY(mutex);
  };

  void PingAll();
  // Makes `stream`, of the agent's run `run`, the one of its vantage; an older one is ended, and
  // nothing that still comes on it counts. Returns the stream's number.
  uint64_t Register(const std::string& vantage, Stream* stream, uint64_t run);
  void Unregister(const std::string& vantage, Stream* stream);

  const std::string trust_domain_;
  const std::map<std::string, lifeboat::v1::Assignments> assignments_;
  const NewSeed new_seed_;
  std::map<std::string, EchoDesk> echoes_;  // one for each vantage, from the start on
  HealthBoard& board_;
  ObservationRecorder& recorder_;
  const Clock& clock_;
  Log& log_;
  const absl::Duration ping_every_;
  Mutex mutex_;
  CondVar ending_changed_;
  std::map<std::string, Stream*> streams_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread pinger_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_AGENT_SERVICE_H_
