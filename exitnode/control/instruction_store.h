#ifndef LIFEBOAT_EXITNODE_CONTROL_INSTRUCTION_STORE_H_
#define LIFEBOAT_EXITNODE_CONTROL_INSTRUCTION_STORE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "exitnode/control/instruction.h"

namespace lifeboat::exitnode {

// What the store held.
struct StoredInstruction {
  std::optional<Instruction> instruction;  // none: there never was one, or none is whole
  std::string trouble;  // what a person should know: a copy is damaged; empty: nothing
};

// The last instruction, on disk, so that an exit node serves on after a restart without a
// controller. Tokens are in it: the files are the owner's alone. They carry a checksum; the copy
// before the last stays beside the last, for the day that the last is torn.
class InstructionStore {
 public:
  explicit InstructionStore(std::string directory) : directory_(std::move(directory)) {}

  // Makes `instruction` the last one: whole, or not at all, whatever is cut when. It is on the disk
  // on return. Makes the directory if it is missing.
  absl::Status Save(const Instruction& instruction) const;
  StoredInstruction Load() const;

 private:
  std::string Path(absl::string_view file) const;
  absl::Status KeepLast() const;

  const std::string directory_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONTROL_INSTRUCTION_STORE_H_
