#ifndef LIFEBOAT_AGENT_KNOCK_KNOCKER_H_
#define LIFEBOAT_AGENT_KNOCK_KNOCKER_H_

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "agent/knock/knock_spec.h"
#include "agent/metrics.h"
#include "agent/plan/plan.h"
#include "agent/probe/curl_multi.h"
#include "agent/probe/event_loop.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/tls.h"

namespace lifeboat::agent {

// Keeps the doors of exit nodes open for the addresses that this agent probes from: POST /knock
// over mutual TLS at each endpoint, again and again; DELETE /knock, once it succeeds, to withdraw.
// The server must be spiffe://<our trust domain>/exitnode/<name of the exit>; its host name says
// nothing. Belongs to the loop's thread. All that is passed in outlives it.
class Knocker {
 public:
  Knocker(EventLoop& loop, CurlMulti& multi, const Clock& clock, absl::BitGenRef random,
          TlsFiles identity, Metrics& metrics, Log& log);
  ~Knocker();
  Knocker(const Knocker&) = delete;
  Knocker& operator=(const Knocker&) = delete;

  // What `subscriber` wants from now on. Where controllers differ, a withdrawal wins, then the
  // shorter period. A door that nobody mentions any more falls shut by itself.
  void Assign(SubscriberId subscriber, std::vector<KnockSpec> wanted);

 private:
  struct DoorKey {
    std::string exit;
    Endpoint endpoint;
    std::optional<IpAddress> source;
    friend auto operator<=>(const DoorKey&, const DoorKey&) = default;
  };
  struct Wish {
    absl::Duration every;
    bool withdraw = false;
    friend bool operator==(const Wish&, const Wish&) = default;
  };
  class Attempt;
  struct Door;

  std::map<DoorKey, Wish> Merged() const;
  void Knock(const DoorKey& key);
  void OnAnswer(const DoorKey& key, const absl::Status& answer);
  void Say(const DoorKey& key, Door& door, const absl::Status& answer);

  EventLoop& loop_;
  CurlMulti& multi_;
  const Clock& clock_;
  absl::BitGenRef random_;
  const TlsFiles identity_;
  Metrics& metrics_;
  Log& log_;
  std::map<SubscriberId, std::vector<KnockSpec>> wanted_;
  std::map<DoorKey, std::unique_ptr<Door>> doors_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_KNOCK_KNOCKER_H_
