#ifndef LIFEBOAT_EXITNODE_CONTROL_CONTROLLER_LINK_H_
#define LIFEBOAT_EXITNODE_CONTROL_CONTROLLER_LINK_H_

#include <optional>
#include <string>
#include <thread>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/tls.h"
#include "exitnode/control/exit_control.h"

namespace lifeboat::exitnode {

struct LinkOptions {
  std::string controller;  // "host:port"
  TlsFiles identity;       // looked at anew with each dialling
  std::string trust_domain;
  absl::Duration report_every = absl::Seconds(2);  // and at each change
};

// The stream to one controller, dialled again for ever (0.25 s, doubling to 5 s, jittered): brings
// it reports and hands its instructions to the control. Dials from a thread of its own.
class ControllerLink {
 public:
  // What is passed by reference outlives the link; `random` is the link's alone.
  ControllerLink(LinkOptions options, ExitControl& control, const Clock& clock,
                 absl::BitGenRef random, Log& log);
  ~ControllerLink();
  ControllerLink(const ControllerLink&) = delete;
  ControllerLink& operator=(const ControllerLink&) = delete;

  // Something that a report says has changed. Does not block. Any thread.
  void OnChange();
  // Whether a stream stands.
  bool connected() const;
  const std::string& controller() const { return options_.controller; }

 private:
  class Stream;
  struct Turn;

  void Run();
  void Converse();
  void Speak(Stream& stream);
  std::optional<Turn> AwaitTurn(Stream& stream, Instant last_report);
  void SayConnected();
  bool Pause(absl::Duration wait);
  void SayEnd(const absl::Status& why);

  const LinkOptions options_;
  ExitControl& control_;
  const Clock& clock_;
  Log& log_;

  // The link's own thread.
  absl::BitGenRef random_;
  Backoff backoff_{absl::Milliseconds(250), absl::Seconds(5)};
  std::string last_end_;
  bool said_connected_ = false;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool report_due_ GUARDED_BY(mutex_) = false;
  bool connected_ GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONTROL_CONTROLLER_LINK_H_
