#include "controller/failover/zone_worker.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/testing/fake_clock.h"
#include "controller/failover/testing/door.h"
#include "controller/failover/testing/fake_journal.h"
#include "controller/failover/testing/fake_lever.h"

namespace lifeboat {
namespace {

const Records kEdge = {{RecordType::kCname, "edge.test."}};
const Records kExit = {{RecordType::kA, "192.0.2.9"}};

class OpenExits final : public ExitCommander {
 public:
  void Want(const std::map<std::string, std::set<std::string>>&) override {}
  absl::Status AwaitOpen(const std::string& exit, const std::string&, absl::Duration) override {
    if (exit == "slow") door.Pass();
    return absl::OkStatus();
  }
  std::map<std::string, ExitStatus> Statuses() const override { return {}; }

  Door door{false};
};

class GuardedFetcher final : public PublicFetcher {
 public:
  absl::Status Fetch(const std::string&, const Path&, const std::string& address,
                     absl::Duration) override {
    door.Pass();
    const bool v6 = absl::StrContains(address, ':');
    return v6 ? absl::FailedPreconditionError(absl::StrCat("no way from here to ", address))
              : absl::OkStatus();
  }

  Door door{true};
};

class ZoneWorkerTest : public testing::Test {
 protected:
  ZoneWorkerTest() {
    lever_.OnPull([this](const Change&) { pull_door_.Pass(); });
    const EffectTools tools{.journal = journal_,
                            .exits = exits_,
                            .fetcher = fetcher_,
                            .levers = {{"own", &lever_}},
                            .fault_point = [this](const std::string& point) {
                              MutexLock lock(mutex_);
                              points_.push_back(point);
                            }};
    worker_ =
        std::make_unique<ZoneWorker>(tools, clock_, [this](const Effect& effect, Outcome outcome) {
          MutexLock lock(mutex_);
          done_.push_back({effect.service, std::move(outcome)});
          changed_.NotifyAll();
        });
  }

  void Do(const std::string& service, const std::string& stage, Action action, int priority = 100) {
    Entry entry{.events = {{.id = absl::StrCat(service, stage), .service = service}},
                .record = ServiceRecord{.service = service, .paused_reason = stage}};
    worker_->Do({.service = service,
                 .priority = priority,
                 .lever = "own",
                 .stage = stage,
                 .entry = std::move(entry),
                 .action = std::move(action)});
  }
  void Pull(const std::string& service, int priority = 100) {
    zone_.Set(service, {.records = kEdge, .ownership = ""});
    Do(service, "PULLING",
       PullLever{{.hostname = service, .expect = kEdge, .records = kExit, .ownership = "ours"}},
       priority);
  }
  Outcome Await(const std::string& service) {
    MutexLock lock(mutex_);
    for (;;) {
      for (auto it = done_.begin(); it != done_.end(); ++it) {
        if (it->first != service) continue;
        Outcome outcome = std::move(it->second);
        done_.erase(it);
        return outcome;
      }
      changed_.Wait(mutex_);
    }
  }
  std::string PulledInOrder() const {
    return absl::StrJoin(lever_.Pulls(), " ", [](std::string* out, const Change& change) {
      absl::StrAppend(out, change.hostname);
    });
  }
  // The first pull is under way and stays so: what comes now gathers behind it.
  void Occupy() {
    pull_door_.Open(false);
    Pull("first");
    pull_door_.AwaitComers(1);
  }
  size_t Recorded() const { return journal_.Copy().entries.size(); }

  FakeClock clock_;
  FakeJournal journal_;
  OpenExits exits_;
  GuardedFetcher fetcher_;
  FakeZone zone_;
  FakeLever lever_{"own", "test", zone_};
  Door pull_door_{true};
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::pair<std::string, Outcome>> done_ GUARDED_BY(mutex_);
  std::vector<std::string> points_ GUARDED_BY(mutex_);
  std::unique_ptr<ZoneWorker> worker_;  // the last: its threads use the others
};

TEST_F(ZoneWorkerTest, PutsThePullsThatFallDueTogetherInOneRequestByPriority) {
  Occupy();
  Pull("blog");
  Pull("shop", 2);
  Pull("pay", 1);
  pull_door_.Open();
  for (const char* service : {"first", "blog", "shop", "pay"}) {
    EXPECT_EQ(Await(service).pull.outcome, PullOutcome::kApplied) << service;
  }
  EXPECT_EQ(lever_.Requests(), (std::vector<size_t>{1, 3}));
  EXPECT_EQ(PulledInOrder(), "first pay shop blog");
}

TEST_F(ZoneWorkerTest, RecordsAllOfABatchBeforeItPullsAny) {
  Occupy();
  Pull("a");
  Pull("b");
  size_t recorded_at_pull = 0;
  lever_.OnPull([&](const Change& change) {
    if (change.hostname == "a") recorded_at_pull = Recorded();
  });
  pull_door_.Open();
  Await("a");
  Await("b");
  EXPECT_EQ(recorded_at_pull, 3u);
  MutexLock lock(mutex_);
  EXPECT_EQ(absl::StrJoin(points_, " "),
            "recorded:PULLING done:PULLING recorded:PULLING recorded:PULLING done:PULLING "
            "done:PULLING");
}

TEST_F(ZoneWorkerTest, GivesEachServiceItsOwnOutcome) {
  Occupy();
  Pull("blog");
  Pull("drifted", 1);
  zone_.Set("drifted", {.records = {{RecordType::kA, "203.0.113.1"}}, .ownership = ""});
  pull_door_.Open();
  EXPECT_EQ(Await("drifted").pull.outcome, PullOutcome::kConflict);
  EXPECT_EQ(Await("blog").pull.outcome, PullOutcome::kApplied);
  EXPECT_EQ(zone_.Get("blog").records, kExit);
}

TEST_F(ZoneWorkerTest, DoesNothingOfABatchThatCouldNotBeRecorded) {
  Occupy();
  Pull("a");
  Pull("b");
  worker_->Do({.service = "reader", .lever = "own", .stage = "ASK", .action = ReadWorld{"a"}});
  journal_.FailNext(1, absl::ResourceExhaustedError("disk full"));
  pull_door_.Open();
  EXPECT_TRUE(absl::IsResourceExhausted(Await("a").journal));
  EXPECT_TRUE(absl::IsResourceExhausted(Await("b").journal));
  EXPECT_TRUE(Await("reader").world.ok());
  EXPECT_EQ(PulledInOrder(), "first");
}

TEST_F(ZoneWorkerTest, HoldsAPullForAnotherServiceThatIsBeingFetched) {
  fetcher_.door.Open(false);
  Do("shop", "FETCHING", FetchThrough{.addresses = {"192.0.2.9"}}, 1);
  fetcher_.door.AwaitComers(1);
  Pull("web");
  fetcher_.door.Open();
  Await("shop");
  Pull("shop", 1);
  Await("web");
  Await("shop");
  EXPECT_EQ(lever_.Requests(), (std::vector<size_t>{2}));
  EXPECT_EQ(PulledInOrder(), "shop web");
}

TEST_F(ZoneWorkerTest, AnAddressThatThisHostCannotReachIsToldAndProvesNothingEitherWay) {
  const std::string v4 = "192.0.2.9", v6 = "2001:db8::9";
  Do("both", "FETCHING", FetchThrough{.path = Path::Exit("nyc"), .addresses = {v4, v6}});
  const Outcome both = Await("both");
  EXPECT_TRUE(both.status.ok()) << both.status;
  EXPECT_EQ(both.unasked, "no way from here to 2001:db8::9");

  Do("none", "FETCHING", FetchThrough{.path = Path::Exit("nyc"), .addresses = {v6}});
  const Outcome none = Await("none");
  EXPECT_TRUE(absl::IsUnavailable(none.status));
  EXPECT_EQ(none.status.message(),
            "none of its addresses can be asked from here: no way from here to 2001:db8::9");
}

TEST_F(ZoneWorkerTest, LetsAPullGoWhenTheOthersTakeTooLong) {
  Do("shop", "OPENING", OpenExit{"slow"});
  exits_.door.AwaitComers(1);
  Pull("web");
  clock_.Advance(ZoneQueue::kGatherAtMost);
  EXPECT_EQ(Await("web").pull.outcome, PullOutcome::kApplied);
  exits_.door.Open();
  EXPECT_TRUE(Await("shop").status.ok());
}

TEST_F(ZoneWorkerTest, AnExitThatHangsHoldsUpNobodyElse) {
  for (int i = 0; i < 5; ++i) Do(absl::StrCat("slow", i), "OPENING", OpenExit{"slow"});
  exits_.door.AwaitComers(5);  // side by side
  Do("web", "OPENING", OpenExit{"nyc"});
  EXPECT_TRUE(Await("web").status.ok());
  exits_.door.Open();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Await(absl::StrCat("slow", i)).status.ok());
}

TEST_F(ZoneWorkerTest, ProvesManyAndTellsEach) {
  zone_.Set("a", {.records = kExit, .ownership = ""});
  zone_.Set("b", {.records = kEdge, .ownership = ""});
  Do("a", "PROVING", ProveDns{"a", kExit});
  Do("b", "PROVING", ProveDns{"b", kExit});
  EXPECT_TRUE(Await("a").proof.proven);
  EXPECT_FALSE(Await("b").proof.proven);
}

TEST_F(ZoneWorkerTest, SaysThatThereIsNoSuchLever) {
  worker_->Do({.service = "web", .lever = "gone", .stage = "PULLING", .action = PullLever{}});
  const Outcome outcome = Await("web");
  EXPECT_EQ(outcome.pull.outcome, PullOutcome::kRefused);
  EXPECT_TRUE(absl::IsNotFound(outcome.pull.status));
}

}  // namespace
}  // namespace lifeboat
