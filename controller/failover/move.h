#ifndef LIFEBOAT_CONTROLLER_FAILOVER_MOVE_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_MOVE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controller/failover/epoch.h"
#include "controller/quorum/path.h"

namespace lifeboat {

// How far a move has come. Each stage is in the journal before its action begins, so after a crash
// a stage means "may have happened". From kPulling on DNS may have changed.
enum class Stage {
  kIntent,    // decided; the rules are judged again and again
  kOpening,   // the exit is told to open to the public
  kFetching,  // fetched through the exit as a stranger
  kPulling,   // the lever is being pulled
  kProving,   // every authoritative server is asked
  kAsking,    // fetched by name
  kDone,
  kCancelled,
};
absl::string_view StageName(Stage stage);  // "INTENT", "OPENING", …

// One move of one service between two paths.
struct Move {
  std::string id;  // unique, sorts by time
  Path from;
  Path to;
  Stage stage = Stage::kIntent;
  std::string lever;         // that is pulled; empty before kPulling, and where it is proven anew
  std::string reason;        // why, in words
  std::string requested_by;  // "quorum", or who in "person/anna"
  bool forced = false;       // a person overrode what was missing
  std::string missing;       // what was overridden
  absl::Time begun_at;
  absl::Time expires_at;  // then judged again with the whole state, and renewed or cancelled

  bool by_person() const { return requested_by != "quorum"; }
  // Whether DNS is there already, and the move only goes on asking until every server is.
  bool only_proves() const { return from == to; }
  bool in_progress() const { return stage != Stage::kDone && stage != Stage::kCancelled; }
};

// Everything about one service that must outlive the process.
struct ServiceRecord {
  std::string service;         // empty: of the controller itself, whose pause stops every service
  Path serves;                 // the last path that DNS was brought to
  std::string serves_by_move;  // id of the move that led there; empty: none ever did
  bool unproven = false;       // it was left before every authoritative server had it
  std::optional<Move> move;    // the one in progress
  bool paused = false;
  std::string paused_reason;
  std::string lingering_exit;  // still open after a failback; empty: none
  absl::Time lingering_until;  // at least until then
  std::string unacknowledged;  // id of a move made by itself that no person has acknowledged yet
  std::vector<absl::Time> made_by_itself;  // when such moves were made; a day's suffice
};

struct Decision;  // in snapshot.h

// One line of the history.
struct Event {
  std::string id;  // unique, sorts by time
  absl::Time at;
  std::string service;  // empty: of the controller itself
  std::string kind;     // a closed set: docs/operations.md lists it
  bool alarm = false;   // a person should know now
  std::string text;     // one sentence
  std::string detail;   // the decision in the form in which the journal keeps it; may be empty
  // What was known when it was decided; the journal makes `detail` of it. Null: nothing was decided
  // here, or the event was read back.
  std::shared_ptr<const Decision> decision = nullptr;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_MOVE_H_
