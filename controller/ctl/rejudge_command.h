#ifndef LIFEBOAT_CONTROLLER_CTL_REJUDGE_COMMAND_H_
#define LIFEBOAT_CONTROLLER_CTL_REJUDGE_COMMAND_H_

#include <string>

#include "controller/ctl/command.h"

namespace lifeboat::ctl {

// What `replay --from-journal` takes.
struct RejudgeFlags {
  std::string journal;
  std::string policy;   // empty: the configuration's own
  std::string service;  // empty: all
  std::string since;    // "2h" before now, or a time; empty: all that is kept
  std::string until;    // likewise
  bool json = false;
};

// Judges what a journal's controllers recorded again. The controller's configuration is the file
// that --config names. Touches nothing.
ExitCode RejudgeJournal(const Context& context, const RejudgeFlags& flags);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_REJUDGE_COMMAND_H_
