#include <memory>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "controller/ctl/command.h"
#include "controller/ctl/json_text.h"
#include "controller/ctl/pki.h"

namespace lifeboat::ctl {
namespace {

struct PkiArguments {
  std::string directory = "pki";
  std::string trust_domain;
  std::string role;
  std::string name;
  int days = 365;
  bool force = false;
};

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }

ExitCode Report(const Context& context, const absl::StatusOr<Issued>& issued,
                absl::string_view advice) {
  if (!issued.ok()) {
    const bool their_fault = absl::IsInvalidArgument(issued.status());
    return context.Fail(their_fault ? kUsage : kFailed, Words(issued.status()));
  }
  if (context.json()) {
    context.out << ToJson(
        {{"uri", JsonValue(issued->uri)},
         {"certificate", JsonValue(issued->certificate)},
         {"key", JsonValue(issued->key)},
         {"not_after",
          JsonValue(absl::FormatTime(absl::RFC3339_sec, issued->not_after, absl::UTCTimeZone()))}});
    return kDone;
  }
  context.out << "✔ " << issued->uri << " until " << Day(issued->not_after) << "\n  "
              << issued->certificate << "\n  " << issued->key << " (secret, mode 0600)\n"
              << advice;
  return kDone;
}

ExitCode Init(const Context& context, const PkiArguments& arguments) {
  return Report(context,
                InitAuthority(arguments.directory, arguments.trust_domain, context.clock.WallNow(),
                              arguments.force),
                absl::StrCat("\n  Whoever has ca.key can be anybody: keep it off the machines that "
                             "run Lifeboat.\n  Next: lifeboatctl pki issue controller NAME --dir ",
                             arguments.directory, "\n"));
}

ExitCode Issue(const Context& context, const PkiArguments& arguments) {
  const auto role = ParseRole(arguments.role);
  if (!role.ok()) return context.Fail(kUsage, Words(role.status()));
  return Report(context,
                IssueCertificate(arguments.directory, *role, arguments.name, arguments.days,
                                 context.clock.WallNow(), arguments.force),
                absl::StrCat("  Its machine wants these two and ", arguments.directory,
                             "/ca.pem, and never ca.key.\n"));
}

void AddCommon(CLI::App& app, PkiArguments& arguments) {
  app.add_option("--dir", arguments.directory, "where the authority's files are")
      ->capture_default_str();
  app.add_flag("--force", arguments.force, "overwrite what is there");
}

}  // namespace

std::vector<Command> PkiCommands() {
  return {
      {"pki", "init", "make an authority",
       [](CLI::App& app) -> Action {
         const auto arguments = std::make_shared<PkiArguments>();
         AddCommon(app, *arguments);
         app.add_option("--trust-domain", arguments->trust_domain,
                        "whose installation it is: example.net")
             ->required();
         return [arguments](const Context& context) { return Init(context, *arguments); };
       }},
      {"pki", "issue", "issue a certificate to a controller, agent, exitnode, connector or person",
       [](CLI::App& app) -> Action {
         const auto arguments = std::make_shared<PkiArguments>();
         AddCommon(app, *arguments);
         app.add_option("ROLE", arguments->role, "controller, agent, exitnode, connector, person")
             ->required();
         app.add_option("NAME", arguments->name, "as the configuration names it")->required();
         app.add_option("--days", arguments->days, "how long it is valid")->capture_default_str();
         return [arguments](const Context& context) { return Issue(context, *arguments); };
       }},
  };
}

}  // namespace lifeboat::ctl
