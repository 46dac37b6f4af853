#include "base/grpc_log.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "grpc/support/log.h"

namespace lifeboat {
namespace {

constexpr absl::Duration kQuiet = absl::Seconds(10);

// gRPC's hook takes a bare function, so where lines go has to be known to the whole process.
struct Receiver {
  Mutex mutex;
  GrpcLog* log GUARDED_BY(mutex) = nullptr;
};

Receiver& TheReceiver() {
  static Receiver& receiver = *new Receiver;  // outlives gRPC's own threads at exit
  return receiver;
}

void OnGrpcLine(gpr_log_func_args* line) {
  Receiver& receiver = TheReceiver();
  MutexLock lock(receiver.mutex);
  if (receiver.log == nullptr) return;
  receiver.log->Take(absl::StrCat(line->file, ":", line->line), line->message);
}

void SendTo(GrpcLog* log) {
  Receiver& receiver = TheReceiver();
  MutexLock lock(receiver.mutex);
  receiver.log = log;
}

// At every handshake: our certificates name identities, never hosts.
bool IsNoise(absl::string_view message) {
  return absl::StrContains(message, "No match found for server name");
}

}  // namespace

GrpcLog::GrpcLog(Log& log, const Clock& clock) : log_(log), clock_(clock) {
  SendTo(this);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function(OnGrpcLine);
}

GrpcLog::~GrpcLog() {
  gpr_set_log_function(nullptr);
  SendTo(nullptr);
}

void GrpcLog::Take(const std::string& place, absl::string_view message) {
  if (IsNoise(message)) return;
  const Instant now = clock_.Now();
  const auto [known, is_new] = quiet_.try_emplace(place);
  if (!is_new && now < known->second.until) {
    ++known->second.kept_back;
    return;
  }
  log_.Warning("grpc", message,
               {{"kept_back", std::exchange(known->second.kept_back, 0)}, {"at", place}});
  known->second.until = now + kQuiet;
}

}  // namespace lifeboat
