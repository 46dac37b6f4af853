#include "controller/failover/move.h"

namespace lifeboat {

absl::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kIntent:
      return "INTENT";
    case Stage::kOpening:
      return "OPENING";
    case Stage::kFetching:
      return "FETCHING";
    case Stage::kPulling:
      return "PULLING";
    case Stage::kProving:
      return "PROVING";
    case Stage::kAsking:
      return "ASKING";
    case Stage::kDone:
      return "DONE";
    case Stage::kCancelled:
      return "CANCELLED";
  }
  return "?";
}

}  // namespace lifeboat
