#include "controller/ctl/rejudge_command.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/duration_text.h"
#include "base/nearest.h"
#include "base/status.h"
#include "controller/config/config_reader.h"
#include "controller/config/policy_file.h"
#include "controller/ctl/rejudge_report.h"
#include "controller/health/assignments.h"
#include "controller/journal/history.h"
#include "controller/journal/observation_file.h"
#include "controller/journal/observation_history.h"
#include "controller/service_settings.h"

namespace lifeboat::ctl {
namespace {

// What comes before the span fills filters, windows and the hour in which doubts grow.
constexpr absl::Duration kLead = absl::Hours(2);

// What is judged, by what; checked.
struct Task {
  config::Config config;  // with the policy in it, and only the services that are judged
  std::string service;    // that was asked for; empty: all
  RecordedSpan asked;
  std::string policy;                // for the header
  std::vector<std::string> remarks;  // likewise
};

// "2h" is so long before now.
absl::StatusOr<absl::Time> ParseMoment(const std::string& flag, const std::string& text,
                                       absl::Time now, absl::TimeZone zone) {
  if (const auto before = ParseDurationText(text)) return now - *before;
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  // As the report prints it, in the reader's own zone; and as messages do, in UTC.
  for (const char* format : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, zone, &time, &error)) return time;
  }
  if (absl::ParseTime("%Y-%m-%d %H:%M:%S UTC", text, absl::UTCTimeZone(), &time, &error)) {
    return time;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(flag, " \"", text, "\" is neither a time nor a while before now: ",
                   "2026-11-20T13:00:00Z, \"2026-11-20 13:00:00\", 2h, 3d"));
}

absl::StatusOr<RecordedSpan> ParseSpan(const RejudgeFlags& flags, absl::Time now,
                                       absl::TimeZone zone) {
  RecordedSpan span;
  if (!flags.since.empty()) {
    ASSIGN_OR_RETURN(span.since, ParseMoment("--since", flags.since, now, zone));
  }
  if (!flags.until.empty()) {
    ASSIGN_OR_RETURN(span.until, ParseMoment("--until", flags.until, now, zone));
  }
  if (span.since < span.until) return span;
  return absl::InvalidArgumentError("--since is not before --until");
}

// The configuration of `path`; where it will not do, findings are told and nothing comes back.
std::optional<config::Config> ReadConfiguration(const Context& context, const std::string& path) {
  if (path.empty()) {
    context.Fail(kUsage,
                 "--from-journal wants the controller's configuration too: --config "
                 "controller.yaml says what a vantage weighs and where it sits");
    return std::nullopt;
  }
  auto file = config::ReadConfigFile(path);
  if (!file.ok()) {
    context.Fail(kUsage, Words(file.status()));
  } else if (!file->config) {
    context.err << file->findings;
    context.Fail(kUsage, absl::StrCat("--config wants the controller's configuration here; ", path,
                                      " will not do"));
  } else {
    return std::move(file->config);
  }
  return std::nullopt;
}

// Leaves the service that was asked for.
absl::Status Choose(const std::string& service, config::Config& config) {
  if (service.empty()) return absl::OkStatus();
  std::vector<std::string> known;
  for (const config::Service& one : config.services) known.push_back(one.name);
  if (config.FindService(service) == nullptr) {
    const std::string nearest = NearestWord(service, known);
    return absl::InvalidArgumentError(
        absl::StrCat("there is no service \"", service, "\"",
                     nearest.empty() ? absl::StrCat("; there are ", absl::StrJoin(known, ", "))
                                     : absl::StrCat("; did you mean \"", nearest, "\"?")));
  }
  config.services.erase(
      std::remove_if(config.services.begin(), config.services.end(),
                     [&service](const config::Service& one) { return one.name != service; }),
      config.services.end());
  return absl::OkStatus();
}

// Puts the policy of `path` over every service; false: it will not do, and findings are told.
bool ApplyPolicy(const Context& context, const std::string& path, Task& task) {
  if (path.empty()) return true;
  for (config::Service& service : task.config.services) {
    const auto policy = config::ReadOverrulingPolicy(path, task.config.vantages,
                                                     service.health.interval, service.name);
    if (!policy.ok()) {
      context.Fail(kUsage, Words(policy.status()));
      return false;
    }
    if (policy->errors > 0) {
      context.err << policy->findings;
      return false;
    }
    config::Overrule(*policy, service);
    std::vector<std::string> overruled, idle;
    for (const std::string& key : policy->given) {
      (config::Overrules(key) ? overruled : idle).push_back(key);
    }
    task.policy = absl::StrCat(path, " (", absl::StrJoin(overruled, ", "), ")");
    task.remarks.clear();
    if (!idle.empty()) {
      task.remarks.push_back(absl::StrCat(absl::StrJoin(idle, ", "), " of ", path,
                                          " changes nothing here: it says how to probe or how to "
                                          "go on, and what was seen was seen"));
    }
  }
  return true;
}

absl::Duration LeadFor(const config::Config& config) {
  absl::Duration lead = kLead;
  for (const config::Service& service : config.services) {
    lead = std::max(lead, 2 * service.rule.oscillation.window);
    if (const auto* rate = std::get_if<Rate>(&service.rule.filter)) {
      lead = std::max(lead, 2 * rate->window);
    }
  }
  return lead;
}

RejudgeSettings SettingsOf(const Task& task) {
  RejudgeSettings settings;
  for (const config::VantageSettings& one : task.config.vantages) {
    settings.vantages.push_back(one.vantage);
  }
  config::Config with_panel = task.config;
  if (with_panel.panel.empty()) with_panel.panel = {"https://recorded.invalid/"};
  settings.roles = PlanProbes(with_panel).roles;
  for (const config::Service& service : task.config.services) {
    settings.services.push_back(ServiceSettingsOf(task.config, service));
  }
  settings.since = task.asked.since;
  settings.until = task.asked.until;
  return settings;
}

absl::Status NothingRecorded(const std::string& path, const RecordedSpan& asked,
                             const std::vector<RecordedLife>& kept) {
  if (kept.empty()) {
    return absl::NotFoundError(
        absl::StrCat(path,
                     " holds no observations yet; a controller writes what agents tell it "
                     "every 10 s"));
  }
  const auto words = [](absl::Time at) {
    return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", at, absl::UTCTimeZone());
  };
  absl::Time first = kept.front().first, last = kept.front().last;
  for (const RecordedLife& life : kept) {
    first = std::min(first, life.first);
    last = std::max(last, life.last);
  }
  return absl::NotFoundError(
      absl::StrCat("nothing was recorded from ", words(std::max(asked.since, absl::UnixEpoch())),
                   " on", asked.until == absl::InfiniteFuture() ? "" : " until ",
                   asked.until == absl::InfiniteFuture() ? "" : words(asked.until), "; ", path,
                   " holds ", words(first), " to ", words(last)));
}

std::string NoneUsable(const RejudgeCount& count, const std::string& config) {
  std::vector<std::string> unknown;
  for (const auto& [what, observations] : count.unknown) unknown.push_back(what);
  return absl::StrCat("nothing that was recorded then can be judged: ",
                      unknown.empty()
                          ? "no values of it can be"
                          : absl::StrCat(config, " does not know ", absl::StrJoin(unknown, ", "),
                                         "; give the configuration of that time"));
}

// What a reader must know of a service before they believe what is said of it.
void RemarkOnPace(const Rejudge& rejudge, const Task& task, RejudgeReport& report) {
  for (const config::Service& service : task.config.services) {
    const auto pace = rejudge.PaceOf(service.name);
    if (!pace) {
      report.Remark(absl::StrCat("too little of ", service.name, " was recorded to judge it"));
      continue;
    }
    const double ratio = absl::FDivDuration(*pace, service.health.interval);
    if (ratio > 0.67 && ratio < 1.5) continue;
    report.Remark(absl::StrCat(
        service.name, " was probed each ",
        absl::FormatDuration(absl::Trunc(*pace, absl::Milliseconds(100))), " then, and ",
        "the configuration says ", absl::FormatDuration(service.health.interval),
        ": votes grow stale at another pace; give the configuration of that time"));
  }
}

// Plays one life after another. Of each a few runs are held at a time.
absl::Status PlayLives(const ObservationHistory& history, const std::vector<RecordedLife>& lives,
                       const RecordedSpan& span, const std::string& service, Rejudge& rejudge,
                       RejudgeReport& report) {
  for (const RecordedLife& life : lives) {
    report.BeginLife(life.first);
    report.Take(rejudge.Begin(std::min(life.began, life.first), life.panel));
    RETURN_IF_ERROR(history.ForEachRun(life.number, span, [&](const ObservationRun& run) {
      const bool of_another = !service.empty() && !run.service.empty() && run.service != service;
      if (!of_another) report.Take(rejudge.Take(run));
      return absl::OkStatus();
    }));
    report.Take(rejudge.End());
    report.EndLife(life.last);
  }
  return absl::OkStatus();
}

// What stands above the report. `lives` are those of the span that was asked for.
RejudgeHeader HeaderOf(const std::string& journal, const std::string& config, const Task& task,
                       const std::vector<RecordedLife>& lives) {
  RejudgeHeader header{.journal = journal,
                       .config = config,
                       .policy = task.policy,
                       .services = {},
                       .vantages = {},
                       .lives = static_cast<int>(lives.size()),
                       .since = absl::InfiniteFuture(),
                       .until = absl::InfinitePast(),
                       .remarks = task.remarks};
  for (const config::Service& one : task.config.services) header.services.push_back(one.name);
  for (const config::VantageSettings& one : task.config.vantages) {
    header.vantages.push_back(one.vantage.name);
  }
  for (const RecordedLife& life : lives) {
    header.since = std::min(header.since, life.first);
    header.until = std::max(header.until, life.last);
  }
  header.since = std::max(header.since, task.asked.since);
  header.until = std::min(header.until, task.asked.until);
  return header;
}

ExitCode Play(const Context& context, const std::string& journal, const Task& task, bool json) {
  const std::string path = ObservationPath(journal);
  auto events = ReadHistory(journal, {.brief = true, .limit = std::numeric_limits<int>::max()});
  if (!events.ok()) return context.Fail(kFailed, Words(events.status()));
  const auto history = ObservationHistory::Open(path);
  if (!history.ok()) return context.Fail(kFailed, Words(history.status()));
  const auto in_span = history->Lives(task.asked);
  if (!in_span.ok()) return context.Fail(kFailed, Words(in_span.status()));
  if (in_span->empty()) {
    const auto kept = history->Lives({});
    if (!kept.ok()) return context.Fail(kFailed, Words(kept.status()));
    return context.Fail(kFailed, Words(NothingRecorded(path, task.asked, *kept)));
  }
  const RecordedSpan played{.since = task.asked.since - LeadFor(task.config),
                            .until = task.asked.until};
  const auto lives = history->Lives(played);
  if (!lives.ok()) return context.Fail(kFailed, Words(lives.status()));
  const std::string& config = context.flags.config;
  const bool untold = events->empty() || events->front().at > in_span->back().last;
  Rejudge rejudge(SettingsOf(task));
  RejudgeReport report(HeaderOf(journal, config, task, *in_span), *std::move(events), context.zone);
  const absl::Status read = PlayLives(*history, *lives, played, task.service, rejudge, report);
  if (!read.ok()) return context.Fail(kFailed, Words(read));
  if (rejudge.count().observations == 0) {
    return context.Fail(kFailed, NoneUsable(rejudge.count(), config));
  }
  RemarkOnPace(rejudge, task, report);
  if (untold) report.Remark("the journal holds no events of that time: what was done is unknown");
  report.End(rejudge.count());
  context.out << (json ? report.Json() : report.Text());
  return kDone;
}

}  // namespace

ExitCode RejudgeJournal(const Context& context, const RejudgeFlags& flags) {
  Task task;
  task.service = flags.service;
  const auto asked = ParseSpan(flags, context.clock.WallNow(), context.zone);
  if (!asked.ok()) return context.Fail(kUsage, Words(asked.status()));
  task.asked = *asked;
  std::optional<config::Config> config = ReadConfiguration(context, context.flags.config);
  if (!config) return kUsage;
  if (const absl::Status chosen = Choose(flags.service, *config); !chosen.ok()) {
    return context.Fail(kUsage, Words(chosen));
  }
  if (config->services.empty()) {
    return context.Fail(kUsage, absl::StrCat(context.flags.config, " has no service to judge"));
  }
  task.config = *std::move(config);
  if (!ApplyPolicy(context, flags.policy, task)) return kUsage;
  const std::string journal(absl::StripSuffix(flags.journal, ObservationPath("")));
  return Play(context, journal, task, flags.json || context.json());
}

}  // namespace lifeboat::ctl
