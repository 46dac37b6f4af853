#include "exitnode/control/controller_link.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/grpc_status.h"
#include "base/grpc_tls.h"
#include "base/status.h"
#include "proto/lifeboat/v1/exitnode.grpc.pb.h"

namespace lifeboat::exitnode {
namespace {

namespace pb = lifeboat::v1;

// Changes that come in a crowd share one report.
constexpr absl::Duration ReportsApart() { return absl::Milliseconds(50); }

}  // namespace

// What to do next: perhaps to take an instruction, and to report in any case.
struct ControllerLink::Turn {
  std::optional<pb::ExitInstruction> instruction;
};

// One call of Connect, from its start to its end. All state but the message being read is guarded
// by the link's mutex. A hold keeps gRPC from ending it while the link's thread may still write.
class ControllerLink::Stream final
    : public grpc::ClientBidiReactor<pb::ExitReport, pb::ExitInstruction> {
 public:
  Stream(ControllerLink& link, const std::shared_ptr<grpc::Channel>& channel)
      : link_(link), stub_(pb::ExitNodeService::NewStub(channel)) {
    stub_->async()->Connect(&context_, this);
    AddHold();
    StartRead(&incoming_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    {
      MutexLock lock(link_.mutex_);
      ended_ = !ok;
      if (ok) instruction_ = std::move(incoming_);  // the newest replaces what it overtakes
      link_.changed_.NotifyAll();
    }
    if (!ok) return RemoveHold();
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(link_.mutex_);
    writing_ = false;
    link_.connected_ = ok;
    link_.changed_.NotifyAll();  // where it failed the read fails too, and ends it
  }

  void OnDone(const grpc::Status& status) override {
    MutexLock lock(link_.mutex_);
    status_ = status;
    done_ = true;
    link_.changed_.NotifyAll();
  }

  // With the link's mutex held.
  bool done() const { return done_; }
  const grpc::Status& status() const { return status_; }
  bool may_write() const { return !writing_ && !ended_; }
  bool has_instruction() const { return instruction_.has_value(); }
  std::optional<pb::ExitInstruction> TakeInstruction() {
    return std::exchange(instruction_, std::nullopt);
  }
  void Write(pb::ExitReport report) {
    if (!may_write()) return;
    writing_ = true;
    outgoing_ = std::move(report);
    StartWrite(&outgoing_);
  }
  void Cancel() { context_.TryCancel(); }

 private:
  ControllerLink& link_;
  const std::unique_ptr<pb::ExitNodeService::Stub> stub_;
  grpc::ClientContext context_;
  pb::ExitInstruction incoming_;
  pb::ExitReport outgoing_;
  std::optional<pb::ExitInstruction> instruction_;  // not yet taken
  bool writing_ = false;
  bool ended_ = false;
  bool done_ = false;
  grpc::Status status_;
};

ControllerLink::ControllerLink(LinkOptions options, ExitControl& control, const Clock& clock,
                               absl::BitGenRef random, Log& log)
    : options_(std::move(options)),
      control_(control),
      clock_(clock),
      log_(log),
      random_(random),
      thread_([this] { Run(); }) {}

ControllerLink::~ControllerLink() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void ControllerLink::OnChange() {
  MutexLock lock(mutex_);
  report_due_ = true;
  changed_.NotifyAll();
}

bool ControllerLink::connected() const {
  MutexLock lock(mutex_);
  return connected_;
}

void ControllerLink::Run() {
  do {
    const auto loaded = LoadIdentity(options_.identity, clock_.WallNow());
    if (loaded.ok()) {
      Converse();
    } else {
      SayEnd(loaded.status());
    }
  } while (Pause(backoff_.Next(random_)));
}

void ControllerLink::Converse() {
  const auto channel = NewChannel(
      options_.controller,
      ClientCredentials(options_.identity,
                        {.trust_domain = options_.trust_domain, .roles = {Role::kController}}));
  said_connected_ = false;
  Stream stream(*this, channel);
  Speak(stream);
  MutexLock lock(mutex_);
  connected_ = false;
  if (!stopping_) SayEnd(FromGrpc(stream.status()));
}

// Until the stream is done: reports when it is time, and at once what became of an instruction.
void ControllerLink::Speak(Stream& stream) {
  std::string refused;
  Instant last_report = clock_.Now() - options_.report_every;
  while (const std::optional<Turn> turn = AwaitTurn(stream, last_report)) {
    if (turn->instruction.has_value()) {
      const std::string before = std::exchange(refused, control_.Take(*turn->instruction));
      if (!refused.empty() && refused != before) {
        log_.Warning("control", "an instruction was refused",
                     {{"controller", options_.controller}, {"why", refused}});
      }
    }
    pb::ExitReport report = control_.Report();
    report.set_refused(refused);
    last_report = clock_.Now();
    MutexLock lock(mutex_);
    stream.Write(std::move(report));
  }
}

// Waits until there is an instruction or it is time for a report, and a report can be written;
// nothing once the stream is done.
std::optional<ControllerLink::Turn> ControllerLink::AwaitTurn(Stream& stream, Instant last_report) {
  MutexLock lock(mutex_);
  while (!stream.done()) {
    if (stopping_) stream.Cancel();
    if (connected_) SayConnected();
    const Instant now = clock_.Now();
    const Instant due = last_report + (report_due_ ? ReportsApart() : options_.report_every);
    if (stream.may_write() && (stream.has_instruction() || now >= due)) {
      report_due_ = false;
      return Turn{stream.TakeInstruction()};
    }
    const absl::Duration wait = stream.may_write() ? due - now : options_.report_every;
    changed_.WaitFor(mutex_, std::max(wait, absl::Milliseconds(1)));
  }
  return std::nullopt;
}

void ControllerLink::SayConnected() {
  if (std::exchange(said_connected_, true)) return;
  log_.Info("control", "connected", {{"controller", options_.controller}});
  backoff_.Reset();
  last_end_.clear();
}

// Returns whether to go on.
bool ControllerLink::Pause(absl::Duration wait) {
  const Instant until = clock_.Now() + wait;
  MutexLock lock(mutex_);
  while (!stopping_ && clock_.Now() < until) changed_.WaitFor(mutex_, until - clock_.Now());
  return !stopping_;
}

// Once for each new reason: a controller that is away for a day is one line.
void ControllerLink::SayEnd(const absl::Status& why) {
  const std::string words = why.ok() ? "the controller ended the stream" : Words(why);
  if (std::exchange(last_end_, words) == words) return;
  log_.Warning("control", "no stream; dialling again until there is one",
               {{"controller", options_.controller}, {"why", words}});
}

}  // namespace lifeboat::exitnode
