#include "controller/ctl/move_watch.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/duration_text.h"
#include "base/status.h"
#include "controller/admin/wire.h"
#include "controller/admin/words.h"
#include "controller/ctl/connect.h"
#include "controller/ctl/json_text.h"

namespace lifeboat::ctl {
namespace {

using Stub = v1::AdminService::Stub;

// One move as it goes on, told line by line.
class MoveWatch {
 public:
  MoveWatch(const Context& context, Client& client, std::string service, std::string id)
      : context_(context), client_(client), service_(std::move(service)), id_(std::move(id)) {}

  // Returns false once the move has come to its end.
  bool Take(const v1::StatusView& view) {
    const auto found = std::find_if(view.services().begin(), view.services().end(),
                                    [this](const auto& one) { return one.name() == service_; });
    if (found == view.services().end()) return true;  // an older state, or a new configuration
    latest_ = *found;
    if (!found->has_move() || found->move().id() != id_) return !HasEnded();
    std::string now = found->move().stage_words();
    if (!found->waiting_for().empty()) absl::StrAppend(&now, ": ", found->waiting_for());
    if (now != told_) Tell(view, now);
    told_ = now;
    return true;
  }

  ExitCode Report() const {
    if (context_.json()) {
      context_.out << ToJson(last_);
    } else {
      context_.out << (done_ ? "✔ " : "✖ ") << service_ << ": " << admin::Printable(last_.text())
                   << "\n";
    }
    return done_ ? kDone : kFailed;
  }

  ExitCode TimedOut(absl::string_view limit) const {
    const std::string missing =
        latest_.waiting_for().empty() ? latest_.next() : latest_.waiting_for();
    return context_.Fail(kTimedOut,
                         absl::StrCat("after ", limit, " the move is not at its end: ",
                                      admin::Printable(missing), "; it goes on by itself"));
  }

 private:
  void Tell(const v1::StatusView& view, const std::string& words) const {
    if (context_.json()) return;
    context_.out << "  " << absl::FormatTime("%H:%M:%S", admin::FromProto(view.at()), context_.zone)
                 << " " << admin::Printable(words) << "\n"
                 << std::flush;
  }

  // The journal tells how it ended: ids sort by time, so what is after the move's own is of it.
  bool HasEnded() {
    v1::ListEventsRequest request;
    request.set_service(service_);
    request.set_after_id(id_);
    const auto events =
        client_.Ask<v1::ListEventsRequest, v1::ListEventsResponse>(&Stub::ListEvents, request);
    if (!events.ok()) return false;
    for (const v1::EventView& event : events->events()) {
      if (event.kind() != "done" && event.kind() != "left" && event.kind() != "cancel") continue;
      done_ = event.kind() == "done";
      last_ = event;
      return true;
    }
    return false;
  }

  const Context& context_;
  Client& client_;
  const std::string service_;
  const std::string id_;
  std::string told_;
  v1::ServiceView latest_;
  v1::EventView last_;
  bool done_ = false;
};

}  // namespace

ExitCode AwaitMove(const Context& context, Client& client, const std::string& service,
                   const std::string& id, absl::Duration limit) {
  MoveWatch watch(context, client, service, id);
  const Instant deadline = context.clock.Now() + limit;
  const auto in_time = [&] { return context.clock.Now() < deadline; };
  bool ended = false;
  while (!ended && in_time()) {
    const absl::Status watched = client.Watch<v1::WatchStatusRequest, v1::StatusView>(
        &Stub::WatchStatus, {}, [&](const v1::StatusView& view) {
          ended = !watch.Take(view);
          return !ended && in_time();
        });
    if (absl::IsPermissionDenied(watched)) return FailToAsk(context, client, watched);
    // The controller may be starting anew: the move is in its journal.
    if (!watched.ok()) poll(nullptr, 0, 500);
  }
  return ended ? watch.Report() : watch.TimedOut(absl::FormatDuration(limit));
}

}  // namespace lifeboat::ctl
