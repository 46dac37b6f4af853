#include "controller/failover/failover_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "controller/failover/failback.h"
#include "controller/failover/testing/door.h"
#include "controller/failover/testing/fake_journal.h"
#include "controller/failover/testing/fake_lever.h"

namespace lifeboat {
namespace {

constexpr char kHost[] = "app.example.net";
const Records kEdgeRecords = {{RecordType::kCname, "app.edge.test."}};
const Records kExitRecords = {{RecordType::kA, "192.0.2.10"}};

// Three vantages in three networks that say what the test says.
class FakeVotes final : public VoteSource {
 public:
  Ballots BallotsOn(const std::string&, const Path& path, Instant now) const override {
    ++asked;
    Ballots ballots;
    for (uint32_t asn = 1; asn <= 3; ++asn) {
      Ballot ballot;
      ballot.vantage = {.name = absl::StrCat("v", asn), .asn = asn, .country = "DE"};
      ballot.vote.kind = path.is_edge() ? edge.load() : VoteKind::kUp;
      ballot.vote.abstention = Abstention::kNone;
      const bool down = ballot.vote.kind == VoteKind::kDown;
      ballot.vote.by_name =
          Evidence{.probe_class = down ? ProbeClass::kReset : ProbeClass::kOk, .at = now};
      ballots.push_back(ballot);
    }
    return ballots;
  }
  std::vector<VantageSnapshot> Vantages(Instant) const override { return {}; }

  std::atomic<VoteKind> edge{VoteKind::kUp};
  mutable std::atomic<int> asked{0};
};

class FakeExits final : public ExitCommander {
 public:
  void Want(const std::map<std::string, std::set<std::string>>& open) override {
    MutexLock lock(mutex_);
    wanted_ = open;
    told_.NotifyAll();
  }
  absl::Status AwaitOpen(const std::string& exit, const std::string& service,
                         absl::Duration limit) override {
    const SystemClock clock;
    const Instant end = clock.Now() + limit;
    MutexLock lock(mutex_);
    while (!wanted_[exit].contains(service)) {
      if (clock.Now() >= end) return absl::DeadlineExceededError("not open");
      told_.WaitFor(mutex_, end - clock.Now());
    }
    return absl::OkStatus();
  }
  std::map<std::string, ExitStatus> Statuses() const override {
    MutexLock lock(mutex_);
    ExitStatus status;
    status.connected = true;
    status.highest_epoch = highest_;
    status.services["web"].tunnel_up = true;
    return {{"nyc", status}};
  }
  std::set<std::string> OpenOn(const std::string& exit) {
    MutexLock lock(mutex_);
    return wanted_[exit];
  }
  void SetHighestEpoch(Epoch epoch) {
    MutexLock lock(mutex_);
    highest_ = epoch;
  }

 private:
  mutable Mutex mutex_;
  CondVar told_;
  std::map<std::string, std::set<std::string>> wanted_ GUARDED_BY(mutex_);
  Epoch highest_ GUARDED_BY(mutex_);
};

class FakeFetcher final : public PublicFetcher {
 public:
  absl::Status Fetch(const std::string&, const Path&, const std::string&, absl::Duration) override {
    return absl::OkStatus();
  }
};

class FailoverLoopTest : public testing::Test {
 protected:
  FailoverLoopTest() {
    zone_.Set(kHost, World{.records = kEdgeRecords, .ownership = ""});
    lever_.SetHealth({.state = LeverState::kOk, .why = ""});
    Start();
  }

  void Start() {
    LoopSettings settings;
    settings.controller = "ctl-1";
    settings.tick = absl::Milliseconds(5);
    settings.look_at_least_every = look_at_least_every_;
    settings.publish_at_least_every = absl::Milliseconds(5);
    settings.check_levers_every = check_levers_every_;
    settings.levers = {{.lever = &lever_, .kind = "rfc2136"}};
    ServiceSettings web;
    web.name = "web";
    web.hostname = kHost;
    web.ttl = absl::Seconds(5);
    web.edge_records = kEdgeRecords;
    web.edge_name_in_lever_zone = false;
    web.exits = {{.name = "nyc", .records = kExitRecords}};
    web.quorum.hold = absl::Milliseconds(50);
    web.clean_for = absl::Milliseconds(100);
    web.exit_stays_open = absl::Minutes(15);
    web.intent_expires_after = absl::Minutes(15);
    settings.services = {{.settings = web, .levers = {"own"}}};
    ExitSnapshot exit;
    exit.name = "nyc";
    settings.exits = {exit};
    loop_ = std::make_unique<FailoverLoop>(settings, votes_, exits_, fetcher_, journal_, clock_, 1);
  }

  // Waits for what must become true; the limit is for a broken loop only.
  bool Await(const std::function<bool(const ServiceSnapshot&)>& holds) {
    const Instant limit = clock_.Now() + absl::Seconds(30);
    uint64_t seen = 0;
    while (clock_.Now() < limit) {
      const auto snapshot = loop_->AwaitNewer(seen, absl::Seconds(1));
      seen = snapshot->sequence;
      if (!snapshot->services.empty() && holds(snapshot->services.front())) return true;
    }
    return false;
  }
  bool AwaitPhase(Phase phase) {
    return Await([phase](const ServiceSnapshot& service) { return service.phase == phase; });
  }

  SystemClock clock_;
  absl::Duration look_at_least_every_ = absl::Milliseconds(5);
  absl::Duration check_levers_every_ = absl::Seconds(15);
  FakeVotes votes_;
  FakeExits exits_;
  FakeFetcher fetcher_;
  FakeJournal journal_;
  FakeZone zone_;
  FakeLever lever_{"own", "example.net", zone_};
  std::unique_ptr<FailoverLoop> loop_;
};

TEST_F(FailoverLoopTest, HoldsAMoveOnceALeverHasFailedThreeChecksAndSaysIt) {
  loop_.reset();
  check_levers_every_ = absl::Milliseconds(5);
  Start();
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  Door checked(true);
  lever_.OnCheck([&] { checked.Pass(); });
  lever_.SetHealth({.state = LeverState::kDown, .why = "no answer"});
  ASSERT_TRUE(Await([&](const ServiceSnapshot&) {
    return loop_->Current()->levers.front().health.state == LeverState::kDown;
  }));
  EXPECT_GE(checked.came(), 3);
  votes_.edge = VoteKind::kDown;
  EXPECT_TRUE(Await([](const ServiceSnapshot& service) {
    return service.phase == Phase::kIntent &&
           service.waiting_for.find("own is DOWN: no answer") != std::string::npos;
  }));
  EXPECT_EQ(zone_.Get(kHost).records, kEdgeRecords);
  loop_.reset();
}

TEST_F(FailoverLoopTest, PullsWhileACheckOfTheLeverHangs) {
  loop_.reset();
  check_levers_every_ = absl::Milliseconds(5);
  Start();
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  Door hangs(false);
  lever_.OnCheck([&] { hangs.Pass(); });
  hangs.AwaitComers(1);
  votes_.edge = VoteKind::kDown;
  EXPECT_TRUE(AwaitPhase(Phase::kServingExit));
  EXPECT_EQ(zone_.Get(kHost).records, kExitRecords);
  EXPECT_EQ(hangs.came(), 1) << "it hung all the time";
  hangs.Open();
  loop_.reset();
}

TEST_F(FailoverLoopTest, MovesByALeverThatIsNotCheckedYetAndGoesBackOnlyByOneThatIs) {
  loop_.reset();
  Door hangs(false);
  lever_.OnCheck([&] { hangs.Pass(); });
  Start();
  EXPECT_TRUE(AwaitPhase(Phase::kServingEdge));
  votes_.edge = VoteKind::kDown;
  EXPECT_TRUE(AwaitPhase(Phase::kServingExit));
  votes_.edge = VoteKind::kUp;
  EXPECT_TRUE(Await([](const ServiceSnapshot& service) {
    return Missing(service.failback) ==
           "lever: none works for certain; own is UNCHECKED: no check of it has ended yet";
  }));
  EXPECT_EQ(loop_->Current()->levers.front().health.why, "no check of it has ended yet");
  hangs.Open();
  EXPECT_TRUE(Await([](const ServiceSnapshot& service) { return service.failback_offered; }));
  loop_.reset();
}

TEST_F(FailoverLoopTest, GoesTheWholeWayAndComesBack) {
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  votes_.edge = VoteKind::kDown;
  ASSERT_TRUE(AwaitPhase(Phase::kServingExit));
  EXPECT_EQ(zone_.Get(kHost).records, kExitRecords);
  EXPECT_EQ(exits_.OpenOn("nyc"), std::set<std::string>{"web"});

  EXPECT_EQ(loop_->Failback("web", false, "too soon", "person/anna").status().code(),
            absl::StatusCode::kFailedPrecondition);
  votes_.edge = VoteKind::kUp;
  ASSERT_TRUE(Await([](const ServiceSnapshot& service) { return service.failback_offered; }));
  const auto id = loop_->Failback("web", false, "the edge is well", "person/anna");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_FALSE(id->empty());
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  EXPECT_EQ(zone_.Get(kHost).records, kEdgeRecords);
  EXPECT_EQ(exits_.OpenOn("nyc"), std::set<std::string>{"web"}) << "it lingers for old caches";
}

TEST_F(FailoverLoopTest, PauseHoldsAndResumeLetsGo) {
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  ASSERT_TRUE(loop_->Pause("web", true, "maintenance", "person/anna").ok());
  votes_.edge = VoteKind::kDown;
  ASSERT_TRUE(Await([](const ServiceSnapshot& service) {
    return service.phase == Phase::kIntent &&
           service.waiting_for.find("paused: maintenance") != std::string::npos;
  }));
  EXPECT_EQ(zone_.Get(kHost).records, kEdgeRecords);
  ASSERT_TRUE(loop_->Pause("web", false, "done", "person/anna").ok());
  EXPECT_TRUE(AwaitPhase(Phase::kServingExit));
}

TEST_F(FailoverLoopTest, AGlobalStopHoldsEveryServiceAlsoAfterARestart) {
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(loop_->PauseAll(true, "all hands", "person/anna").ok());
  loop_.reset();
  journal_.Reopen();
  Start();
  votes_.edge = VoteKind::kDown;
  ASSERT_TRUE(Await([](const ServiceSnapshot& service) {
    return service.phase == Phase::kIntent && service.stopped &&
           service.waiting_for.find("everything is stopped: all hands") != std::string::npos;
  }));
  EXPECT_EQ(loop_->Current()->stopped, "all hands");
  EXPECT_EQ(zone_.Get(kHost).records, kEdgeRecords);
  journal_.FailNext(1000, absl::ResourceExhaustedError("disk full"));
  EXPECT_TRUE(absl::IsUnavailable(loop_->PauseAll(false, "done", "person/anna")));
  EXPECT_EQ(loop_->Current()->stopped, "all hands") << "lifted, though nobody wrote it down";
  journal_.FailNext(0, absl::OkStatus());
  ASSERT_TRUE(loop_->PauseAll(false, "done", "person/anna").ok());
  ASSERT_TRUE(AwaitPhase(Phase::kServingExit));
  ASSERT_TRUE(Await([](const ServiceSnapshot& s) { return !s.unacknowledged.empty(); }));
  const auto waiting = [this] { return loop_->Current()->services.front().unacknowledged; };
  const std::string waits = waiting();
  const absl::Status other = loop_->Acknowledge("web", "01OTHER", "seen", "person/anna");
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(other.message().find(waits), absl::string_view::npos) << other;
  EXPECT_EQ(waiting(), waits);
  ASSERT_TRUE(loop_->Acknowledge("web", waits, "seen", "person/anna").ok());
  EXPECT_TRUE(Await([](const ServiceSnapshot& s) { return s.unacknowledged.empty(); }));
  EXPECT_EQ(loop_->Acknowledge("web", waits, "seen", "person/anna").code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(loop_->Acknowledge("web", "", "seen", "person/anna").ok());
}

TEST_F(FailoverLoopTest, AnswersForServicesThatAreNot) {
  EXPECT_EQ(loop_->Failover("nope", "", "r", "person/anna").status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  EXPECT_EQ(loop_->Failover("web", "mars", "r", "person/anna").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FailoverLoopTest, MovesWhenAPersonAsks) {
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  ASSERT_TRUE(loop_->Failover("web", "nyc", "a drill", "person/anna").ok());
  EXPECT_TRUE(AwaitPhase(Phase::kServingExit));
}

TEST_F(FailoverLoopTest, ActsOnNothingWhileAnExitKnowsAHigherEpoch) {
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  exits_.SetHighestEpoch({.generation = 1, .revision = 99});
  ASSERT_TRUE(AwaitPhase(Phase::kAmnesia));
  votes_.edge = VoteKind::kDown;
  ASSERT_TRUE(Await([](const ServiceSnapshot& service) {
    return service.paths.front().tally.verdict == Verdict::kDown;
  }));
  EXPECT_EQ(zone_.Get(kHost).records, kEdgeRecords);
  const auto epoch = loop_->RaiseEpoch("restored a backup", "person/anna");
  ASSERT_TRUE(epoch.ok()) << epoch.status();
  EXPECT_EQ(epoch->generation, 2u);
  EXPECT_TRUE(AwaitPhase(Phase::kServingExit));
}

TEST_F(FailoverLoopTest, KeepsItsHandsStillWhileTheJournalFails) {
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  journal_.FailNext(1000000, absl::ResourceExhaustedError("disk full"));
  votes_.edge = VoteKind::kDown;
  ASSERT_TRUE(Await([&](const ServiceSnapshot&) { return !loop_->Current()->journal.empty(); }));
  EXPECT_EQ(zone_.Get(kHost).records, kEdgeRecords);
  journal_.FailNext(0, absl::OkStatus());
  EXPECT_TRUE(AwaitPhase(Phase::kServingExit));
}

TEST_F(FailoverLoopTest, TakesUpAfterARestartWhatTheJournalSays) {
  ASSERT_TRUE(AwaitPhase(Phase::kServingEdge));
  votes_.edge = VoteKind::kDown;
  ASSERT_TRUE(AwaitPhase(Phase::kServingExit));
  loop_.reset();
  journal_.Reopen();
  Start();
  ASSERT_TRUE(AwaitPhase(Phase::kServingExit));
  EXPECT_EQ(zone_.Get(kHost).records, kExitRecords);
  EXPECT_TRUE(Await([&](const ServiceSnapshot&) {
    return exits_.OpenOn("nyc") == std::set<std::string>{"web"};
  }));
}

TEST_F(FailoverLoopTest, LeavesAQuietServiceAloneUntilItIsWoken) {
  loop_.reset();
  look_at_least_every_ = absl::Hours(1);
  Start();
  ASSERT_TRUE(Await([](const ServiceSnapshot& service) { return service.armed; }));
  // What the last step brought is still looked at; then it is quiet.
  const Instant limit = clock_.Now() + absl::Seconds(30);
  uint64_t seen = 0;
  for (int quiet = 0, before = -1; quiet < 20;) {
    ASSERT_LT(clock_.Now(), limit) << "it never rests";
    seen = loop_->AwaitNewer(seen, absl::Seconds(1))->sequence;
    quiet = votes_.asked == before ? quiet + 1 : 0;
    before = votes_.asked;
  }
  votes_.edge = VoteKind::kDown;
  loop_->Wake();
  EXPECT_TRUE(AwaitPhase(Phase::kServingExit));
}

}  // namespace
}  // namespace lifeboat
