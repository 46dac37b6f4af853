#ifndef LIFEBOAT_EXITNODE_CONTROL_INSTRUCTION_H_
#define LIFEBOAT_EXITNODE_CONTROL_INSTRUCTION_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "exitnode/tunnel/service_spec.h"

namespace lifeboat::exitnode {

// The number of a controller's leadership; 0.0 is none.
struct Epoch {
  uint64_t generation = 0;
  uint64_t revision = 0;

  std::string ToString() const;  // "1.7"
  friend auto operator<=>(const Epoch&, const Epoch&) = default;
};

// All that a controller wants this exit node to be.
struct Instruction {
  Epoch epoch;
  uint64_t sequence = 0;  // within the epoch
  std::vector<ServiceSpec> services;

  friend bool operator==(const Instruction&, const Instruction&) = default;
};

// What becomes of an instruction.
enum class Judgement {
  kObey,
  kInForce,  // it is the very one that is in force: nothing to do
  kRefuse,
};

struct Judged {
  Judgement judgement = Judgement::kRefuse;
  std::string why;  // it is refused
};

// The highest epoch is obeyed, and within it the highest sequence. An older one, or one that says
// something else under the number that is in force, comes from a leader that is none any more, or
// is a replay.
Judged Judge(const std::optional<Instruction>& in_force, const Instruction& next);

// INVALID_ARGUMENT, naming the service, where an instruction asks for what cannot be: an epoch or
// sequence of 0, names that are none or not unique, tokens of fewer than 16 bytes, no ports.
absl::Status Validate(const Instruction& instruction);

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONTROL_INSTRUCTION_H_
