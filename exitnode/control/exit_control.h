#ifndef LIFEBOAT_EXITNODE_CONTROL_EXIT_CONTROL_H_
#define LIFEBOAT_EXITNODE_CONTROL_EXIT_CONTROL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "exitnode/control/instruction.h"
#include "exitnode/control/instruction_store.h"
#include "exitnode/tunnel/service_spec.h"
#include "proto/lifeboat/v1/exitnode.pb.h"

namespace lifeboat::exitnode {

// What carries the visitors. Both calls wait for its thread, and fail with UNAVAILABLE when it does
// not answer for seconds.
class DataPlane {
 public:
  virtual ~DataPlane() = default;
  // In force on return.
  virtual absl::Status Apply(const std::vector<ServiceSpec>& services) = 0;
  virtual absl::StatusOr<TunnelReport> Report() = 0;
};

// Obeys the controllers: of all that they say, what carries the highest epoch. What is obeyed is on
// the disk first, and in force again after a restart, controller or not. Thread-safe; calls block
// as long as disk and data plane do.
class ExitControl {
 public:
  // What is passed by reference outlives it.
  ExitControl(InstructionStore store, std::string version, DataPlane& plane, const Clock& clock,
              Log& log);

  // Puts the stored instruction in force, if there is one. Once, before anything else.
  void Begin();

  // Obeys `instruction` or says why not; empty: obeyed, or in force already. A disk that is full
  // does not keep a service from opening: it is obeyed, and the trouble reported until it is
  // stored.
  std::string Take(const lifeboat::v1::ExitInstruction& instruction);

  // What this exit node is, now. `refused` is the stream's to fill in.
  lifeboat::v1::ExitReport Report();

  // Of the instruction in force; nothing before the first.
  std::optional<Epoch> epoch() const;

 private:
  void Obey(const Instruction& instruction);
  void Store();

  const InstructionStore store_;
  const std::string version_;
  DataPlane& plane_;
  const Clock& clock_;
  Log& log_;

  mutable Mutex mutex_;
  std::optional<Instruction> in_force_ GUARDED_BY(mutex_);
  bool stored_ GUARDED_BY(mutex_) = true;
  bool applied_ GUARDED_BY(mutex_) = true;
  std::string load_trouble_ GUARDED_BY(mutex_);  // until something is stored
  std::string store_trouble_ GUARDED_BY(mutex_);
  std::string plane_trouble_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONTROL_EXIT_CONTROL_H_
