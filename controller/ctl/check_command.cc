#include <memory>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/tls.h"
#include "controller/config/config_reader.h"
#include "controller/ctl/command.h"
#include "controller/ctl/json_text.h"
#include "controller/quorum/tolerance.h"

namespace lifeboat::ctl {
namespace {

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

// Whether the controller could show who it is.
absl::Status CheckIdentity(const config::Config& config, absl::Time now) {
  const auto loaded = LoadIdentity(
      {.ca = config.ca_file, .certificate = config.certificate_file, .key = config.key_file}, now);
  if (!loaded.ok()) return loaded.status();
  return CheckPeer(loaded->identity,
                   {.trust_domain = loaded->identity.trust_domain, .roles = {Role::kController}})
      .status();
}

// How many of the vantages may lie about this service without moving it.
Tolerance ToleranceOf(const config::Service& service, const config::Config& config) {
  std::vector<Vantage> vantages;
  for (const config::VantageSettings& settings : config.vantages) {
    vantages.push_back(settings.vantage);
  }
  return LyingVantagesWithstood(service.quorum, vantages);
}

std::string WithstandsLine(const config::Service& service, const config::Config& config) {
  const Tolerance tolerance = ToleranceOf(service, config);
  if (tolerance.liars < 1) {
    return "withstands 0 lying vantages: warning: a single one that lies, or sees ghosts, can move "
           "it; raise min_voters, or spread min_asns";
  }
  return absl::StrCat("withstands ", tolerance.exact ? "" : "at least ",
                      Counted(static_cast<size_t>(tolerance.liars), "lying vantage"));
}

std::string PolicyLine(const config::Service& service, const config::Config& config) {
  const QuorumPolicy& policy = service.quorum;
  return absl::StrCat("  ", service.name, " (", service.hostname, "): DOWN is ", policy.share,
                      " of the weight that votes, of ", policy.min_voters, " voters or more in ",
                      policy.min_asns, policy.min_asns == 1 ? " network" : " networks",
                      " or more, for ", absl::FormatDuration(policy.hold), "; ",
                      WithstandsLine(service, config), "\n");
}

std::string Overview(const std::string& path, const config::Config& config) {
  std::string text = absl::StrCat("✔ ", path, ": ", Counted(config.services.size(), "service"),
                                  ", ", Counted(config.vantages.size(), "vantage"), ", ",
                                  Counted(config.exits.size(), "exit"), ", ",
                                  Counted(config.levers.size(), "lever"), "\n");
  for (const config::Service& service : config.services) {
    absl::StrAppend(&text, PolicyLine(service, config));
  }
  return text;
}

// Of each service `liars`, which it withstands; without `exact` it may be more.
google::protobuf::Value ServicesJson(const config::Config& config) {
  google::protobuf::Value all;
  all.mutable_list_value();
  for (const config::Service& service : config.services) {
    const Tolerance tolerance = ToleranceOf(service, config);
    auto& fields =
        *all.mutable_list_value()->add_values()->mutable_struct_value()->mutable_fields();
    fields["name"] = JsonValue(service.name);
    fields["hostname"] = JsonValue(service.hostname);
    fields["withstands_liars"] = JsonValue(static_cast<double>(tolerance.liars));
    fields["exact"] = JsonValue(tolerance.exact);
  }
  return all;
}

std::string CheckJson(const std::string& path, const config::ConfigFile& file,
                      const std::string& identity_trouble) {
  return ToJson({{"file", JsonValue(path)},
                 {"ok", JsonValue(file.errors == 0 && identity_trouble.empty())},
                 {"errors", JsonValue(static_cast<double>(file.errors))},
                 {"warnings", JsonValue(static_cast<double>(file.warnings))},
                 {"findings", JsonValue(file.findings)},
                 {"services", ServicesJson(file.config.value_or(config::Config{}))},
                 {"identity", JsonValue(identity_trouble)}});
}

ExitCode Check(const Context& context, const std::string& path) {
  const auto file = config::ReadConfigFile(path);
  if (!file.ok()) return context.Fail(kUsage, Words(file.status()));
  std::string identity_trouble;
  if (file->config.has_value()) {
    const absl::Status identity = CheckIdentity(*file->config, context.clock.WallNow());
    if (!identity.ok()) identity_trouble = Words(identity);
  }
  const bool ok = file->config.has_value() && identity_trouble.empty();
  if (context.json()) {
    context.out << CheckJson(path, *file, identity_trouble);
    return ok ? kDone : kUsage;
  }
  if (ok) context.out << Overview(path, *file->config);
  (ok ? context.out : context.err) << file->findings;
  if (!identity_trouble.empty()) context.err << path << ": identity: " << identity_trouble << "\n";
  return ok ? kDone : kUsage;
}

}  // namespace

std::vector<Command> CheckCommands() {
  return {{"", "check", "say what the controller would say of its configuration, touching nothing",
           [](CLI::App& app) -> Action {
             const auto path = std::make_shared<std::string>();
             app.add_option("FILE", *path, "controller.yaml")->required();
             return [path](const Context& context) { return Check(context, *path); };
           }}};
}

}  // namespace lifeboat::ctl
