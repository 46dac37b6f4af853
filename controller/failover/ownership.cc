#include "controller/failover/ownership.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/identity.h"

namespace lifeboat {
namespace {

bool ParseEpoch(absl::string_view text, Epoch& epoch) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('.', 1));
  return absl::SimpleAtoi(parts.first, &epoch.generation) &&
         absl::SimpleAtoi(parts.second, &epoch.revision);
}

bool ParsePath(absl::string_view text, Path& path) {
  if (text == "edge") return true;
  if (!absl::ConsumePrefix(&text, "exit/") || !IsValidName(text)) return false;
  path = Path::Exit(std::string(text));
  return true;
}

}  // namespace

std::string Ownership::ToString() const {
  return absl::StrCat("epoch=", epoch.ToString(), " serves=", serves.ToString(),
                      " move=", move.empty() ? "-" : move, " claim=", claim);
}

absl::StatusOr<Ownership> Ownership::Parse(absl::string_view text) {
  Ownership ownership;
  bool has_epoch = false, has_serves = false, sound = true;
  std::set<absl::string_view> seen;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(word, absl::MaxSplits('=', 1));
    sound &= seen.insert(field.first).second;
    if (field.first == "epoch") {
      has_epoch = ParseEpoch(field.second, ownership.epoch);
    } else if (field.first == "serves") {
      has_serves = ParsePath(field.second, ownership.serves);
    } else if (field.first == "move") {
      if (field.second != "-") ownership.move = std::string(field.second);
    } else if (field.first == "claim") {
      ownership.claim = std::string(field.second);
    } else {
      sound = false;
    }
  }
  if (sound && has_epoch && has_serves) return ownership;
  return absl::InvalidArgumentError(absl::StrCat(
      "the ownership record says \"", text,
      "\", which is not ours to read; unless somebody else manages this name, delete it"));
}

}  // namespace lifeboat
