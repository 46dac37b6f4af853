#ifndef LIFEBOAT_BASE_GRPC_LOG_H_
#define LIFEBOAT_BASE_GRPC_LOG_H_

#include <string>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/log.h"

namespace lifeboat {

// Brings gRPC's own log lines into ours, as component "grpc": its errors alone, since it writes
// what a peer sent before that one has shown who it is; escaped, like all of our log; and at most
// one in ten seconds from one place of its code. One in each process that speaks gRPC.
class GrpcLog {
 public:
  // Both outlive the GrpcLog.
  GrpcLog(Log& log, const Clock& clock);
  // gRPC writes to stderr by itself again.
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;

  // A line that gRPC writes at `place`, "file:line". For one thread at a time.
  void Take(const std::string& place, absl::string_view message);

 private:
  struct Quiet {
    Instant until;
    int kept_back = 0;
  };

  Log& log_;
  const Clock& clock_;
  absl::btree_map<std::string, Quiet> quiet_;  // bounded by the places in gRPC's code
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_GRPC_LOG_H_
