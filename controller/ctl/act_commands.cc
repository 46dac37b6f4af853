#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/duration_text.h"
#include "base/status.h"
#include "controller/admin/words.h"
#include "controller/ctl/client.h"
#include "controller/ctl/command.h"
#include "controller/ctl/connect.h"
#include "controller/ctl/json_text.h"
#include "controller/ctl/move_watch.h"

namespace lifeboat::ctl {
namespace {

using Stub = v1::AdminService::Stub;

struct MoveArguments {
  std::string service;
  std::string exit;
  std::string reason;
  bool force = false;
  bool no_wait = false;
  std::string wait_for = "5m";
};

struct ActArguments {
  std::string service;
  std::string reason;
  bool all = false;

  // Of whom it is done, for a sentence.
  std::string whom() const { return all ? "every service" : service; }
};

struct AckArguments {
  std::vector<std::string> words;  // services or events
  std::string reason;
  bool all = false;
};

ExitCode Begun(const Context& context, const MoveArguments& arguments, Client& client,
               const absl::StatusOr<v1::MoveResponse>& begun) {
  if (!begun.ok()) return FailToAsk(context, client, begun.status());
  if (!arguments.no_wait) {
    const absl::Duration limit = ParseDurationText(arguments.wait_for).value_or(absl::Minutes(5));
    return AwaitMove(context, client, arguments.service, begun->move_id(), limit);
  }
  if (context.json()) {
    context.out << ToJson(*begun);
  } else {
    context.out << "✔ move " << begun->move_id() << " is in the journal and goes on by itself\n"
                << "  Next: lifeboatctl status --watch " << arguments.service << "\n";
  }
  return kDone;
}

ExitCode Failover(const Context& context, const MoveArguments& arguments) {
  return WithClient(context, [&](Client& client) {
    v1::FailoverRequest request;
    request.set_service(arguments.service);
    request.set_exit(arguments.exit);
    request.set_reason(arguments.reason);
    return Begun(context, arguments, client,
                 client.Ask<v1::FailoverRequest, v1::MoveResponse>(&Stub::Failover, request));
  });
}

ExitCode Failback(const Context& context, const MoveArguments& arguments) {
  return WithClient(context, [&](Client& client) {
    v1::FailbackRequest request;
    request.set_service(arguments.service);
    request.set_force(arguments.force);
    request.set_reason(arguments.reason);
    return Begun(context, arguments, client,
                 client.Ask<v1::FailbackRequest, v1::MoveResponse>(&Stub::Failback, request));
  });
}

// Pause and Resume are alike but for their words.
template <typename Request, typename Response>
ExitCode Set(const Context& context, const ActArguments& arguments, absl::string_view done,
             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  return WithClient(context, [&](Client& client) {
    Request request;
    request.set_service(arguments.service);
    request.set_reason(arguments.reason);
    request.set_all(arguments.all);
    const auto response = client.Ask<Request, Response>(method, request);
    if (!response.ok()) return FailToAsk(context, client, response.status());
    if (context.json()) {
      context.out << ToJson(*response);
    } else {
      context.out << "✔ " << arguments.whom() << " " << done << ": "
                  << admin::Printable(arguments.reason) << "\n";
    }
    return kDone;
  });
}

ExitCode RaiseEpoch(const Context& context, const std::string& reason) {
  return WithClient(context, [&](Client& client) {
    v1::RaiseEpochRequest request;
    request.set_reason(reason);
    const auto response =
        client.Ask<v1::RaiseEpochRequest, v1::RaiseEpochResponse>(&Stub::RaiseEpoch, request);
    if (!response.ok()) return FailToAsk(context, client, response.status());
    if (context.json()) {
      context.out << ToJson(*response);
    } else {
      context.out << "✔ the epoch is " << response->epoch().generation() << "."
                  << response->epoch().revision() << "; what DNS says is taken for true\n"
                  << "  Next: lifeboatctl status\n";
    }
    return kDone;
  });
}

void AddReason(CLI::App& app, std::string& reason) {
  app.add_option("--reason", reason, "for the journal, and for whoever reads it")->required();
}

// One service or all of them, and not neither.
void AddWhom(CLI::App& app, ActArguments& arguments) {
  CLI::Option_group& whom = *app.add_option_group("whom");
  whom.add_option("SERVICE", arguments.service, "its name");
  whom.add_flag("--all", arguments.all, "every service at once");
  whom.require_option(1);
}

void TellAcknowledged(const Context& context, const v1::AckResponse& response) {
  if (context.json()) {
    context.out << ToJson(response);
  } else if (response.services().empty()) {
    context.out << "✔ nothing waits to be acknowledged\n";
  } else {
    context.out << "✔ acknowledged: " << absl::StrJoin(response.services(), ", ") << "\n";
  }
}

// One question for each word. The first that will not do ends it; what was done before is told.
ExitCode Ack(const Context& context, const AckArguments& arguments) {
  return WithClient(context, [&](Client& client) {
    v1::AckRequest request;
    request.set_reason(arguments.reason);
    request.set_all(arguments.all);
    v1::AckResponse done;
    for (const std::string& word : arguments.all ? std::vector<std::string>{""} : arguments.words) {
      request.set_service(word);
      request.set_event(word);
      const auto response = client.Ask<v1::AckRequest, v1::AckResponse>(&Stub::Ack, request);
      if (!response.ok()) {
        if (!done.services().empty()) TellAcknowledged(context, done);
        return FailToAsk(context, client, response.status());
      }
      done.MergeFrom(*response);
    }
    TellAcknowledged(context, done);
    return kDone;
  });
}

void AddMoveOptions(CLI::App& app, MoveArguments& arguments) {
  app.add_option("SERVICE", arguments.service, "its name")->required();
  AddReason(app, arguments.reason);
  app.add_flag("--no-wait", arguments.no_wait, "return once the move has begun");
  app.add_option("--wait-for", arguments.wait_for, "how long to wait for its end")
      ->capture_default_str()
      ->check([](const std::string& text) -> std::string {
        return ParseDurationText(text) ? "" : "wants a unit: 30s, 5m, 1h";
      });
}

Action DeclareFailover(CLI::App& app) {
  const auto arguments = std::make_shared<MoveArguments>();
  AddMoveOptions(app, *arguments);
  app.add_option("--to", arguments->exit, "the exit node; the best one if you name none");
  return [arguments](const Context& context) { return Failover(context, *arguments); };
}

Action DeclareFailback(CLI::App& app) {
  const auto arguments = std::make_shared<MoveArguments>();
  AddMoveOptions(app, *arguments);
  app.add_flag("--force", arguments->force, "though evidence is missing; the journal says what");
  return [arguments](const Context& context) { return Failback(context, *arguments); };
}

Action DeclarePause(CLI::App& app) {
  const auto arguments = std::make_shared<ActArguments>();
  AddWhom(app, *arguments);
  AddReason(app, arguments->reason);
  return [arguments](const Context& context) {
    return Set(context, *arguments, "is paused", &Stub::Pause);
  };
}

Action DeclareResume(CLI::App& app) {
  const auto arguments = std::make_shared<ActArguments>();
  AddWhom(app, *arguments);
  AddReason(app, arguments->reason);
  return [arguments](const Context& context) {
    return Set(context, *arguments, "may move again", &Stub::Resume);
  };
}

Action DeclareAck(CLI::App& app) {
  const auto arguments = std::make_shared<AckArguments>();
  CLI::Option_group& whom = *app.add_option_group("whom");
  whom.add_option("SERVICE|EVENT", arguments->words,
                  "whose last move, or events that tell of it (their ids or ends of them)");
  whom.add_flag("--all", arguments->all, "every move that waits");
  whom.require_option(1);
  app.add_option("--reason", arguments->reason, "for the journal; \"seen\" if you give none");
  return [arguments](const Context& context) { return Ack(context, *arguments); };
}

Action DeclareEpochRaise(CLI::App& app) {
  const auto reason = std::make_shared<std::string>();
  AddReason(app, *reason);
  return [reason](const Context& context) { return RaiseEpoch(context, *reason); };
}

}  // namespace

std::vector<Command> ActCommands() {
  return {
      {"", "failover", "move a service to an exit node", DeclareFailover},
      {"", "failback", "move a service back to its edge", DeclareFailback},
      {"", "pause", "hold every move of a service, or of all", DeclarePause},
      {"", "resume", "let a paused service move again, or all", DeclareResume},
      {"", "ack", "say that you have seen a move that was made by itself", DeclareAck},
      {"epoch", "raise", "after a journal was lost or restored: act again, above all that was seen",
       DeclareEpochRaise},
  };
}

}  // namespace lifeboat::ctl
