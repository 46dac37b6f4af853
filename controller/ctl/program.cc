#include "controller/ctl/program.h"

#include <algorithm>
#include <map>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/duration_text.h"
#include "base/nearest.h"
#include "base/status.h"
#include "base/version.h"
#include "controller/ctl/command.h"

namespace lifeboat::ctl {
namespace {

std::vector<Command> AllCommands() {
  std::vector<Command> all;
  for (std::vector<Command>& some : std::vector<std::vector<Command>>{
           LookCommands(), ActCommands(), CheckCommands(), ReplayCommands(), PkiCommands()}) {
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  all.push_back({"", "version", "which version this is", [](CLI::App&) -> Action {
                   return [](const Context& context) {
                     context.out << "lifeboatctl " << kVersion << "\n";
                     return kDone;
                   };
                 }});
  return all;
}

// What a group's help says of it.
std::string GroupHelp(absl::string_view group) {
  return group == "pki" ? "make an authority and issue certificates"
                        : "the number of the controller's leadership";
}

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("-C,--config", flags.config,
                 "where the controllers are and who you are [$LIFEBOAT_CTL, else "
                 "~/.config/lifeboat/ctl.yaml]");
  app.add_option("-o,--output", flags.output, "table, wide or json")
      ->check(CLI::IsMember({"table", "wide", "json"}));
  app.add_option("--color", flags.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--timeout", flags.timeout, "for one answer of a controller: 10s");
}

// The parser, and what each of its commands would do.
class Parser {
 public:
  explicit Parser(const std::vector<Command>& commands)
      : app_("Keeps a service reachable.", "lifeboatctl") {
    app_.require_subcommand(0, 1)->allow_extras();
    app_.set_version_flag("--version", absl::StrCat("lifeboatctl ", kVersion));
    AddFlags(app_, flags_);
    for (const Command& command : commands) Add(command);
  }

  CLI::App& app() { return app_; }
  const Flags& flags() const { return flags_; }

  void Parse(const std::vector<std::string>& arguments) {
    std::vector<std::string> backwards(arguments.rbegin(), arguments.rend());
    app_.parse(std::move(backwards));
  }

  // What is wrong with the first word that neither a command nor an option took, wherever it
  // stands; empty: there is none. A command refuses those behind its own name itself.
  std::string Stray() const {
    const CLI::App* app = &app_;
    while (actions_.find(app) == actions_.end()) {
      if (!app->remaining().empty()) return WhatIsMissing(*app);
      if (app->get_subcommands().empty()) break;
      app = app->get_subcommands().front();
    }
    return "";
  }

  // What was asked for; null with the reason in `*why` where it was nothing whole.
  const Action* Chosen(std::string* why) const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    const auto action = actions_.find(app);
    if (action != actions_.end()) return &action->second;
    *why = WhatIsMissing(*app);
    return nullptr;
  }

 private:
  void Add(const Command& command) {
    CLI::App* parent = &app_;
    if (!command.group.empty()) {
      CLI::App*& group = groups_[command.group];
      if (group == nullptr) {
        group = app_.add_subcommand(command.group, GroupHelp(command.group));
        group->require_subcommand(0, 1)->allow_extras();
      }
      parent = group;
    }
    CLI::App* leaf = parent->add_subcommand(command.name, command.help);
    leaf->require_subcommand(0, 0)->allow_extras(false);
    actions_[leaf] = command.declare(*leaf);
    AddFlags(*leaf, flags_);
  }

  static std::string WhatIsMissing(const CLI::App& app) {
    std::vector<std::string> known;
    for (const CLI::App* child : app.get_subcommands({})) known.push_back(child->get_name());
    const std::string before = app.get_parent() == nullptr ? "" : absl::StrCat(app.get_name(), " ");
    const std::vector<std::string> extras = app.remaining();
    if (extras.empty()) return absl::StrCat("which ", before, "command?");
    const std::string& word = extras.front();
    if (absl::StartsWith(word, "-")) return absl::StrCat("unknown option \"", word, "\"");
    const std::string nearest = NearestWord(word, known);
    return absl::StrCat(
        "unknown command \"", before, word, "\"",
        nearest.empty() ? "" : absl::StrCat("; did you mean \"", before, nearest, "\"?"));
  }

  CLI::App app_;
  Flags flags_;
  std::map<std::string, CLI::App*> groups_;
  std::map<const CLI::App*, Action> actions_;
};

ExitCode UsageError(const Surroundings& surroundings, absl::string_view words) {
  surroundings.err << "lifeboatctl: " << words << "\n  `lifeboatctl --help` lists what there is\n";
  return kUsage;
}

bool WantsColor(const Flags& flags, const Surroundings& surroundings) {
  if (flags.color != "auto") return flags.color == "always";
  return surroundings.out_is_terminal && std::getenv("NO_COLOR") == nullptr;
}

}  // namespace

ExitCode Context::Fail(ExitCode code, absl::string_view words) const {
  err << "lifeboatctl: " << words << "\n";
  return code;
}

ExitCode Context::Fail(const absl::Status& status) const {
  return Fail(ExitCodeFor(status), Words(status));
}

ExitCode RunProgram(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  Parser parser(AllCommands());
  try {
    parser.Parse(arguments);
  } catch (const CLI::Success& success) {  // --help or --version
    return static_cast<ExitCode>(parser.app().exit(success, surroundings.out, surroundings.err));
  } catch (const CLI::Error& error) {
    const std::string stray = parser.Stray();
    return UsageError(surroundings, stray.empty() ? std::string(error.what()) : stray);
  }
  std::string why = parser.Stray();
  if (!why.empty()) return UsageError(surroundings, why);  // nothing is done by half a wish
  const Action* action = parser.Chosen(&why);
  if (action == nullptr) return UsageError(surroundings, why);
  const auto timeout = ParseDurationText(parser.flags().timeout);
  if (!timeout || *timeout <= absl::ZeroDuration()) {
    return UsageError(surroundings, "--timeout wants a unit: 30s, 5m, 1h");
  }
  return (*action)(Context{.flags = parser.flags(),
                           .out = surroundings.out,
                           .err = surroundings.err,
                           .clock = surroundings.clock,
                           .color = WantsColor(parser.flags(), surroundings),
                           .terminal = surroundings.out_is_terminal,
                           .timeout = *timeout,
                           .zone = absl::LocalTimeZone()});
}

}  // namespace lifeboat::ctl
