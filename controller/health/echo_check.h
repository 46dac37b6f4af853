#ifndef LIFEBOAT_CONTROLLER_HEALTH_ECHO_CHECK_H_
#define LIFEBOAT_CONTROLLER_HEALTH_ECHO_CHECK_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/echo.h"
#include "controller/quorum/vote.h"

namespace lifeboat {

// What an agent says came back for one nonce.
struct EchoAnswer {
  std::vector<EchoBytes> seeds;
  uint64_t counter = 0;
  std::optional<EchoBytes> mac;  // nothing: no such answer came
};

// Which echo one numbered target asks for.
struct EchoTarget {
  std::string key;   // secret; empty: none is asked for
  std::string path;  // "edge" or "exit/<name>"
  friend bool operator==(const EchoTarget&, const EchoTarget&) = default;
};

// The origin echoes of one agent: which seeds it was given, and what its answers prove. An agent
// that has no key cannot prove anything that it has not just fetched by the very path, so it can
// lie that a path is down, never that it is up. A core: randomness and time are passed in.
class EchoCheck {
 public:
  static constexpr absl::Duration kSeedEvery = absl::Seconds(10);
  static constexpr absl::Duration kSeedCounts = absl::Seconds(30);

  // Targets are numbered from 1 in the order of `targets`.
  explicit EchoCheck(std::vector<EchoTarget> targets);

  bool AsksAnything() const { return asks_; }
  bool Asks(uint32_t target) const;
  // The agent is in run `run`. Another one than before counts from the start again: what went
  // before is forgotten, seeds with it, so that nothing of it can be said once more.
  void Begin(uint64_t run);
  // `seed` is on its way to the agent.
  void Issue(const EchoBytes& seed, Instant now);
  // kNotAsked where no echo can be expected: the target asks for none, or the nonce holds no seed
  // of ours that still counts.
  Echo Check(uint32_t target, const std::optional<EchoAnswer>& answer, Instant now);

 private:
  struct Issued {
    EchoBytes seed;
    Instant at;
  };

  const std::vector<EchoTarget> targets_;
  const bool asks_;
  uint64_t run_ = 0;
  std::deque<Issued> issued_;
  std::vector<uint64_t> last_counter_;  // by target number − 1
};

// What a probe comes to mean once its echo is known.
struct EchoJudgement {
  ProbeClass probe_class = ProbeClass::kOk;
  std::string detail;
  bool counts = true;  // false: a good answer that is not proven; it is passed over
};

// The agent's own class, `said`, judged again for a target that asks for an echo. What is good must
// be proven by one, and it tells who made a 5xx.
EchoJudgement JudgeByEcho(ProbeClass said, int http_status, std::string detail, Echo echo);

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_HEALTH_ECHO_CHECK_H_
