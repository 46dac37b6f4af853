#ifndef LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAKE_LEVER_H_
#define LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAKE_LEVER_H_

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "controller/failover/lever.h"

namespace lifeboat {

// A zone in memory with its authoritative servers, the world of one or several FakeLevers.
// Thread-safe.
class FakeZone {
 public:
  explicit FakeZone(std::vector<std::string> servers = {"ns1.test. 192.0.2.1:53",
                                                        "ns2.test. 192.0.2.2:53"}) {
    for (std::string& server : servers) servers_[std::move(server)];
  }

  // What the primary has, and at once every server that does not lag.
  void Set(const std::string& hostname, World world) {
    MutexLock lock(mutex_);
    primary_[hostname] = std::move(world);
    Spread();
  }
  World Get(const std::string& hostname) const {
    MutexLock lock(mutex_);
    const auto found = primary_.find(hostname);
    return found == primary_.end() ? World{} : found->second;
  }
  // From now on `server` keeps what it has (until told not to): a stale secondary.
  void Lag(const std::string& server, bool lags) {
    MutexLock lock(mutex_);
    servers_[server].lags = lags;
    Spread();
  }
  // `server` is kSilent or kUnasked from now on; kProven: it answers again.
  void Mute(const std::string& server, ServerState state) {
    MutexLock lock(mutex_);
    servers_[server].state = state;
    Spread();
  }
  // The compare-and-set of Lever::Pull. False: what was expected does not stand.
  bool Apply(const Change& change) {
    MutexLock lock(mutex_);
    World& world = primary_[change.hostname];
    if (world.records != change.expect || world.ownership != change.expect_ownership) return false;
    world = World{.records = change.records, .ownership = change.ownership};
    Spread();
    return true;
  }
  // What every server says at this moment.
  Proof Ask(const std::string& hostname, const Records& records) const {
    MutexLock lock(mutex_);
    Proof proof;
    bool stale = false;
    for (const auto& [name, server] : servers_) {
      ServerAnswer answer{.server = name, .state = server.state};
      if (server.state == ServerState::kProven) {
        const auto found = server.zone.find(hostname);
        const Records serves = found == server.zone.end() ? Records{} : found->second.records;
        answer.detail = RecordsToString(serves);
        if (serves != records) answer.state = ServerState::kStale;
      }
      stale |= answer.state == ServerState::kStale;
      proof.proven |= answer.state == ServerState::kProven;
      proof.servers.push_back(std::move(answer));
    }
    proof.proven &= !stale;
    return proof;
  }

 private:
  struct Server {
    bool lags = false;
    ServerState state = ServerState::kProven;
    std::map<std::string, World> zone;
  };
  void Spread() {
    for (auto& [name, server] : servers_) {
      if (!server.lags) server.zone = primary_;
    }
  }

  mutable Mutex mutex_;
  std::map<std::string, World> primary_ GUARDED_BY(mutex_);
  std::map<std::string, Server> servers_ GUARDED_BY(mutex_);
};

// A lever that writes to a FakeZone and never waits: Prove asks once. Thread-safe.
class FakeLever final : public Lever {
 public:
  // `zone` outlives the lever; `apex` without a final dot.
  FakeLever(std::string name, std::string apex, FakeZone& zone)
      : name_(std::move(name)), apex_(std::move(apex)), zone_(zone) {}

  // What the next pull ends in, whatever stands in the zone; one call for each pull to come. With
  // `applied` the change is made (if its expectation stands) although the outcome says otherwise.
  void NextPull(PullResult result, bool applied) {
    MutexLock lock(mutex_);
    next_.push_back({std::move(result), applied});
  }
  void ForgetNextPulls() {
    MutexLock lock(mutex_);
    next_.clear();
  }
  // Reads fail so from now on; OK: they work again.
  void FailReads(absl::Status status) {
    MutexLock lock(mutex_);
    read_status_ = std::move(status);
  }
  // What the next Check will find.
  void SetHealth(LeverHealth health) {
    MutexLock lock(mutex_);
    to_be_found_ = std::move(health);
  }
  // Called at the beginning of each check, on the caller's thread; it may block.
  void OnCheck(std::function<void()> hook) {
    MutexLock lock(mutex_);
    on_check_ = std::move(hook);
  }
  // Called at the beginning of each pull, on the caller's thread; it may block.
  void OnPull(std::function<void(const Change&)> hook) {
    MutexLock lock(mutex_);
    on_pull_ = std::move(hook);
  }
  // Every change that was tried, in order.
  std::vector<Change> Pulls() const {
    MutexLock lock(mutex_);
    return pulls_;
  }

  // How many changes came with each call of PullAll, in order.
  std::vector<size_t> Requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

  const std::string& name() const override { return name_; }
  const std::string& zone() const override { return apex_; }

  absl::StatusOr<World> Read(const std::string& hostname) override {
    MutexLock lock(mutex_);
    if (!read_status_.ok()) return read_status_;
    return zone_.Get(hostname);
  }

  PullResult Pull(const Change& change) override {
    if (const auto hook = Begin(change)) hook(change);
    MutexLock lock(mutex_);
    if (next_.empty()) return Apply(change);
    auto [result, applied] = std::move(next_.front());
    next_.pop_front();
    if (applied) zone_.Apply(change);
    return result;
  }

  std::vector<PullResult> PullAll(const std::vector<Change>& changes) override {
    {
      MutexLock lock(mutex_);
      requests_.push_back(changes.size());
    }
    return Lever::PullAll(changes);
  }

  Proof Prove(const std::string& hostname, const Records& records, absl::Duration) override {
    return zone_.Ask(hostname, records);
  }

  LeverHealth Check() override {
    if (const auto hook = BeginCheck()) hook();
    MutexLock lock(mutex_);
    return to_be_found_;
  }

 private:
  std::function<void()> BeginCheck() {
    MutexLock lock(mutex_);
    return on_check_;
  }
  std::function<void(const Change&)> Begin(const Change& change) {
    MutexLock lock(mutex_);
    pulls_.push_back(change);
    return on_pull_;
  }
  PullResult Apply(const Change& change) {
    if (zone_.Apply(change)) return {PullOutcome::kApplied, absl::OkStatus()};
    return {PullOutcome::kConflict, absl::AbortedError("what was expected does not stand (test)")};
  }

  const std::string name_;
  const std::string apex_;
  FakeZone& zone_;
  mutable Mutex mutex_;
  std::deque<std::pair<PullResult, bool>> next_ GUARDED_BY(mutex_);
  absl::Status read_status_ GUARDED_BY(mutex_);
  LeverHealth to_be_found_ GUARDED_BY(mutex_) = {.state = LeverState::kOk};
  std::function<void(const Change&)> on_pull_ GUARDED_BY(mutex_);
  std::function<void()> on_check_ GUARDED_BY(mutex_);
  std::vector<Change> pulls_ GUARDED_BY(mutex_);
  std::vector<size_t> requests_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_FAILOVER_TESTING_FAKE_LEVER_H_
