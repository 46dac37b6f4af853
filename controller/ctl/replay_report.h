#ifndef LIFEBOAT_CONTROLLER_CTL_REPLAY_REPORT_H_
#define LIFEBOAT_CONTROLLER_CTL_REPLAY_REPORT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "controller/replay/replay.h"

namespace lifeboat::ctl {

// Names come from files: no byte of theirs may steer the terminal.
std::string PrintableLines(absl::string_view text);

// What one scenario came to under one policy and lever mode, over one run or more.
class ReplayReport {
 public:
  // `scenario` and `policy` outlive it; `took` is the real time of all runs together.
  ReplayReport(const Scenario& scenario, const ReplayPolicy& policy, std::vector<ReplayRun> runs,
               absl::Duration took);

  // Whether all was as expected, in every run.
  bool ok() const { return failed_ == 0; }

  std::string Text() const;
  // One line; docs/replay.md has the fields.
  std::string Json() const;

 private:
  // The first run that failed, else the first.
  const ReplayRun& Shown() const;
  std::string TimeText() const;
  std::string FailuresText() const;
  std::string FailuresJson() const;
  std::string ExpectationsJson() const;
  std::string SheetJson() const;

  const Scenario& scenario_;
  const ReplayPolicy& policy_;
  const std::vector<ReplayRun> runs_;
  const absl::Duration took_;
  const int64_t failed_;  // so many runs did
};

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_REPLAY_REPORT_H_
