#ifndef LIFEBOAT_CONTROLLER_CTL_REJUDGE_REPORT_H_
#define LIFEBOAT_CONTROLLER_CTL_REJUDGE_REPORT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/failover/move.h"
#include "controller/replay/course.h"
#include "controller/replay/rejudge.h"

namespace lifeboat::ctl {

// What was read, and by what it is judged: what the report says of itself.
struct RejudgeHeader {
  std::string journal;
  std::string config;
  std::string policy;                 // "slow.yaml (filter, quorum)"; empty: the configuration's
  std::vector<std::string> services;  // that are judged again
  std::vector<std::string> vantages;  // that are configured
  int lives = 0;                      // of controllers
  absl::Time since, until;            // as asked for, or what is kept
  std::vector<std::string> remarks;   // sentences that a reader must know
};

// Sets what a policy makes of what was recorded beside what the journal says was done then.
class RejudgeReport {
 public:
  RejudgeReport(RejudgeHeader header, std::vector<Event> events, absl::TimeZone zone);

  // A life of a controller begins and ends: before and after nothing is known of either policy.
  void BeginLife(absl::Time at) { EndLife(at); }
  void EndLife(absl::Time at);
  // In the order of time.
  void Take(const std::vector<Rejudged>& told);
  // Everything was taken.
  void End(const RejudgeCount& count);
  void Remark(std::string remark) { header_.remarks.push_back(std::move(remark)); }

  std::string Text() const;
  std::string Json() const;

 private:
  struct Row {
    absl::Time at;
    bool recorded = false;
    std::string service, path, what, text;
  };
  struct Pair {
    PolicyCourse recorded, rejudged;
  };

  void TakeEventsUntil(absl::Time until);
  void TakeEvent(const Event& event);
  std::string Clock(absl::Time at) const;
  std::string HeaderText() const;
  std::string RowText(const Row& row) const;
  std::string CourseText(const std::string& whose, const PolicyCourse& course) const;
  std::string ComparisonText(const std::string& service, const Pair& pair) const;

  RejudgeHeader header_;
  const std::vector<Event> events_;
  const absl::TimeZone zone_;
  size_t next_event_ = 0;
  std::vector<Row> rows_;
  std::map<std::string, Pair> pairs_;  // by service
  RejudgeCount count_;
};

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_REJUDGE_REPORT_H_
