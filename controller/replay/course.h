#ifndef LIFEBOAT_CONTROLLER_REPLAY_COURSE_H_
#define LIFEBOAT_CONTROLLER_REPLAY_COURSE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controller/failover/move.h"
#include "controller/quorum/quorum.h"
#include "controller/replay/rejudge.h"

namespace lifeboat {

// What one policy came to for one service: enough to set two beside each other. Told in the order
// of time, of events as a journal has them or of what was judged again.
class PolicyCourse {
 public:
  struct Span {
    absl::Time from, to;
  };
  struct Move {
    absl::Time at;
    std::string to;  // "exit/nyc"
  };

  // What lies outside is not counted; a span that reaches beyond is cut.
  PolicyCourse(absl::Time since, absl::Time until) : since_(since), until_(until) {}

  void Take(const Rejudged& happening);
  void Take(const Event& event);
  // Nothing is known of what comes after `at`.
  void Stop(absl::Time at);

  const std::vector<Span>& down() const { return down_; }    // the edge was DOWN
  const std::vector<Move>& moves() const { return moves_; }  // that the quorum decided
  const std::vector<Move>& begun() const { return begun_; }  // of these, those that no rule held
  absl::Duration down_for() const;

 private:
  void EdgeIs(Verdict verdict, absl::Time at);
  void Add(std::vector<Move>& moves, absl::Time at, absl::string_view to) const;

  const absl::Time since_, until_;
  std::optional<absl::Time> down_since_;
  bool by_quorum_ = false;  // the event of the last intent
  std::vector<Span> down_;
  std::vector<Move> moves_, begun_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_REPLAY_COURSE_H_
