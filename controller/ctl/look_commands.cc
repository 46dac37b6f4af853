#include <poll.h>

#include <algorithm>
#include <memory>
#include <set>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/duration_text.h"
#include "base/nearest.h"
#include "base/status.h"
#include "controller/admin/text.h"
#include "controller/admin/wire.h"
#include "controller/ctl/client.h"
#include "controller/ctl/command.h"
#include "controller/ctl/connect.h"
#include "controller/ctl/json_text.h"

namespace lifeboat::ctl {
namespace {

using Stub = v1::AdminService::Stub;

struct StatusArguments {
  std::vector<std::string> services;
  bool watch = false;
};

struct EventsArguments {
  std::string service;
  std::string since;
  bool follow = false;
  bool detail = false;
};

admin::TextStyle StyleOf(const Context& context) {
  return {.color = context.color, .zone = context.zone, .wide = context.wide()};
}

// Keeps the services that were named; NOT_FOUND for one that is not there.
absl::Status Choose(const std::vector<std::string>& names, v1::StatusView& view) {
  if (names.empty()) return absl::OkStatus();
  std::vector<std::string> known;
  for (const v1::ServiceView& service : view.services()) known.push_back(service.name());
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = NearestWord(name, known);
    return absl::NotFoundError(
        absl::StrCat("there is no service \"", name, "\"",
                     nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?")));
  }
  auto& services = *view.mutable_services();
  services.erase(std::remove_if(services.begin(), services.end(),
                                [&names](const v1::ServiceView& service) {
                                  return std::find(names.begin(), names.end(), service.name()) ==
                                         names.end();
                                }),
                 services.end());
  return absl::OkStatus();
}

absl::Status Show(const Context& context, const StatusArguments& arguments, v1::StatusView view) {
  RETURN_IF_ERROR(Choose(arguments.services, view));
  if (context.json()) {
    context.out << ToJson(view, arguments.watch) << std::flush;
    return absl::OkStatus();
  }
  // A terminal is painted anew from its top; anything else gets one table after another.
  if (arguments.watch) context.out << (context.terminal ? "\x1b[H\x1b[2J" : "\n");
  context.out << admin::StatusText(view, StyleOf(context));
  if (arguments.watch && context.terminal) {
    context.out << "  Ctrl-C ends watching; nothing stops because of it.\n";
  }
  context.out << std::flush;
  return absl::OkStatus();
}

// A stream that broke is begun anew, for as long as anybody looks.
void PauseBeforeRetry(const Context& context, const absl::Status& why) {
  context.err << "lifeboatctl: " << Words(why) << "; trying again\n" << std::flush;
  poll(nullptr, 0, 1000);
}

ExitCode WatchStatus(const Context& context, const StatusArguments& arguments, Client& client) {
  bool seen = false;
  for (;;) {
    absl::Status shown;
    const absl::Status ended = client.Watch<v1::WatchStatusRequest, v1::StatusView>(
        &Stub::WatchStatus, {}, [&](const v1::StatusView& view) {
          shown = Show(context, arguments, view);
          seen = seen || shown.ok();
          return shown.ok() && context.out.good();
        });
    if (!shown.ok()) return context.Fail(shown);
    if (ended.ok()) return kDone;  // nobody reads any more
    if (!seen || absl::IsPermissionDenied(ended)) return FailToAsk(context, client, ended);
    PauseBeforeRetry(context, ended);
  }
}

ExitCode Status(const Context& context, const StatusArguments& arguments) {
  return WithClient(context, [&](Client& client) {
    if (arguments.watch) return WatchStatus(context, arguments, client);
    const auto view = client.Ask<v1::GetStatusRequest, v1::StatusView>(&Stub::GetStatus, {});
    if (!view.ok()) return FailToAsk(context, client, view.status());
    const absl::Status shown = Show(context, arguments, *view);
    return shown.ok() ? kDone : context.Fail(shown);
  });
}

absl::StatusOr<v1::ExplainResponse> AskWhy(Client& client, const std::string& service,
                                           const std::string& event) {
  v1::ExplainRequest request;
  request.set_service(service);
  request.set_event(event);
  return client.Ask<v1::ExplainRequest, v1::ExplainResponse>(&Stub::Explain, request);
}

ExitCode Explain(const Context& context, const std::string& what) {
  return WithClient(context, [&](Client& client) {
    const auto explanation = AskWhy(client, what, what);
    if (!explanation.ok()) return FailToAsk(context, client, explanation.status());
    context.out << (context.json() ? ToJson(*explanation)
                                   : admin::ExplainText(*explanation, StyleOf(context)));
    return kDone;
  });
}

void ShowEvent(const Context& context, const EventsArguments& arguments, Client& client,
               const v1::EventView& event) {
  if (context.json()) {
    context.out << ToJson(event, true) << std::flush;
    return;
  }
  if (!arguments.detail || !event.explained()) {
    context.out << admin::EventLine(event, StyleOf(context), true) << "\n" << std::flush;
    return;
  }
  const auto explanation = AskWhy(client, "", event.id());
  if (explanation.ok()) {
    context.out << admin::ExplainText(*explanation, StyleOf(context)) << "\n" << std::flush;
  } else {
    context.err << "lifeboatctl: " << Words(explanation.status()) << "\n";
  }
}

template <typename Request>
absl::Status FillIn(const EventsArguments& arguments, Request& request) {
  request.set_service(arguments.service);
  if (arguments.since.empty()) return absl::OkStatus();
  const auto since = ParseDurationText(arguments.since);
  if (!since) return absl::InvalidArgumentError("--since wants a unit: 30s, 5m, 2h");
  *request.mutable_since() = admin::ToProto(*since);
  return absl::OkStatus();
}

ExitCode FollowEvents(const Context& context, const EventsArguments& arguments, Client& client) {
  v1::WatchEventsRequest request;
  if (const absl::Status filled = FillIn(arguments, request); !filled.ok()) {
    return context.Fail(filled);
  }
  for (bool first = true;; first = false) {
    const absl::Status ended = client.Watch<v1::WatchEventsRequest, v1::EventView>(
        &Stub::WatchEvents, request, [&](const v1::EventView& event) {
          ShowEvent(context, arguments, client, event);
          // Where to go on after a break, without a gap and without a repetition.
          request.set_after_id(event.id());
          request.clear_since();
          return context.out.good();
        });
    if (ended.ok()) return kDone;
    const bool hopeless = absl::IsPermissionDenied(ended) || absl::IsUnauthenticated(ended);
    if (hopeless || (first && client.unreachable())) return FailToAsk(context, client, ended);
    PauseBeforeRetry(context, ended);
  }
}

ExitCode Events(const Context& context, const EventsArguments& arguments) {
  return WithClient(context, [&](Client& client) {
    if (arguments.follow) return FollowEvents(context, arguments, client);
    v1::ListEventsRequest request;
    if (const absl::Status filled = FillIn(arguments, request); !filled.ok()) {
      return context.Fail(filled);
    }
    const auto events =
        client.Ask<v1::ListEventsRequest, v1::ListEventsResponse>(&Stub::ListEvents, request);
    if (!events.ok()) return FailToAsk(context, client, events.status());
    for (const v1::EventView& event : events->events())
      ShowEvent(context, arguments, client, event);
    return kDone;
  });
}

Action DeclareStatus(CLI::App& app) {
  const auto arguments = std::make_shared<StatusArguments>();
  app.add_option("SERVICE", arguments->services, "these alone");
  app.add_flag("-w,--watch", arguments->watch, "stay, and show each change");
  return [arguments](const Context& context) { return Status(context, *arguments); };
}

Action DeclareExplain(CLI::App& app) {
  const auto what = std::make_shared<std::string>();
  app.add_option("SERVICE|EVENT", *what, "a service's name, or an event's id as `events` shows it")
      ->required();
  return [what](const Context& context) { return Explain(context, *what); };
}

Action DeclareEvents(CLI::App& app) {
  const auto arguments = std::make_shared<EventsArguments>();
  app.add_flag("-f,--follow", arguments->follow, "stay, and tell each as it happens");
  app.add_option("--service", arguments->service, "of this service alone");
  app.add_option("--since", arguments->since, "not older than: 2h");
  app.add_flag("--detail", arguments->detail, "with the explanation as it stood then");
  return [arguments](const Context& context) { return Events(context, *arguments); };
}

}  // namespace

std::vector<Command> LookCommands() {
  return {
      {"", "status", "what is up, who says so, what happens next", DeclareStatus},
      {"", "explain", "a service or an event: why, why not yet, what would change it",
       DeclareExplain},
      {"", "events", "what was decided, and when", DeclareEvents},
  };
}

}  // namespace lifeboat::ctl
