#ifndef LIFEBOAT_CONTROLLER_HEALTH_AGENT_SERVICE_H_
#define LIFEBOAT_CONTROLLER_HEALTH_AGENT_SERVICE_H_

#include <map>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/tls.h"
#include "controller/health/health_board.h"
#include "controller/health/observation_recorder.h"
#include "proto/lifeboat/v1/agent.grpc.pb.h"

namespace lifeboat {

// Agents' streams: takes their observations to the board, gives them their assignments, and pings
// them every 2 s to learn how far their clocks are from ours.
class AgentService final : public lifeboat::v1::AgentService::CallbackService {
 public:
  // One message of assignments for each configured vantage. References outlive the service; the
  // service outlives its server.
  AgentService(std::string trust_domain,
               std::map<std::string, lifeboat::v1::Assignments> assignments, HealthBoard& board,
               ObservationRecorder& recorder, const Clock& clock, Log& log);
  // Its server has been shut down before.
  ~AgentService() override;

  grpc::ServerBidiReactor<lifeboat::v1::AgentMessage, lifeboat::v1::AgentInstruction>* Connect(
      grpc::CallbackServerContext* context) override;

 private:
  class Stream;

  void PingAll();
  // Makes `stream` the one of its vantage; an older one is ended.
  void Register(const std::string& vantage, Stream* stream);
  // True: it was the vantage's present stream.
  bool Unregister(const std::string& vantage, Stream* stream);

  const std::string trust_domain_;
  const std::map<std::string, lifeboat::v1::Assignments> assignments_;
  HealthBoard& board_;
  ObservationRecorder& recorder_;
  const Clock& clock_;
  Log& log_;
  Mutex mutex_;
  CondVar ending_changed_;
  std::map<std::string, Stream*> streams_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread pinger_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_AGENT_SERVICE_H_
