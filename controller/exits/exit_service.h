#ifndef LIFEBOAT_CONTROLLER_EXITS_EXIT_SERVICE_H_
#define LIFEBOAT_CONTROLLER_EXITS_EXIT_SERVICE_H_

#include <string>

#include "base/log.h"
#include "controller/exits/exit_board.h"
#include "proto/lifeboat/v1/exitnode.grpc.pb.h"

namespace lifeboat {

// Exit nodes' streams: takes their reports to the board, gives them what the board wants of them.
class ExitNodeService final : public lifeboat::v1::ExitNodeService::CallbackService {
 public:
  // References outlive the service; the service outlives its server.
  ExitNodeService(std::string trust_domain, ExitBoard& board, Log& log)
      : trust_domain_(std::move(trust_domain)), board_(board), log_(log) {}

  grpc::ServerBidiReactor<lifeboat::v1::ExitReport, lifeboat::v1::ExitInstruction>* Connect(
      grpc::CallbackServerContext* context) override;

 private:
  class Stream;

  const std::string trust_domain_;
  ExitBoard& board_;
  Log& log_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_EXITS_EXIT_SERVICE_H_
