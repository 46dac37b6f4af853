#ifndef LIFEBOAT_CONTROLLER_CTL_COMMAND_H_
#define LIFEBOAT_CONTROLLER_CTL_COMMAND_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "controller/ctl/exit_code.h"

namespace CLI {
class App;
}

namespace lifeboat::ctl {

// What every command takes.
struct Flags {
  std::string config;            // -C; empty: $LIFEBOAT_CTL, or ~/.config/lifeboat/ctl.yaml
  std::string output = "table";  // or "wide", "json"
  std::string color = "auto";    // or "always", "never"
  std::string timeout = "10s";   // of one question to a controller
};

// What a command works with. Results go to `out`; what went wrong to `err`, in words, last.
struct Context {
  Flags flags;
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  bool color = false;                          // whether `out` wants colours
  bool terminal = false;                       // whether `out` is one
  absl::Duration timeout = absl::Seconds(10);  // flags.timeout
  absl::TimeZone zone = absl::UTCTimeZone();   // of the reader

  bool json() const { return flags.output == "json"; }
  bool wide() const { return flags.output == "wide"; }
  // "lifeboatctl: …" on `err`; returns `code`.
  ExitCode Fail(ExitCode code, absl::string_view words) const;
  // The same for a status, with the code that belongs to it.
  ExitCode Fail(const absl::Status& status) const;
};

using Action = std::function<ExitCode(const Context&)>;

// One line of the table that feeds the parser and the help.
struct Command {
  std::string group;  // "pki" in "pki init"; empty: none
  std::string name;
  std::string help;
  // Adds the command's own options to `app`; what it returns is run once they are parsed.
  std::function<Action(CLI::App& app)> declare;
};

// The commands of one subject, each in the file that is called so.
std::vector<Command> LookCommands();
std::vector<Command> ActCommands();
std::vector<Command> PkiCommands();
std::vector<Command> CheckCommands();
std::vector<Command> ReplayCommands();

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_COMMAND_H_
