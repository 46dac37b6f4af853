#include "controller/health/agent_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/grpc_server.h"
#include "base/testing/capture_log.h"
#include "base/testing/eventually.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_pki.h"
#include "controller/health/testing/raw_agent.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kRevision = 7;
constexpr uint32_t kPlain = 1, kEchoing = 2;  // targets
constexpr char kEchoKey[] = "a key of thirty-two bytes at least";

// One line for each call.
class FakeRecorder final : public ObservationRecorder {
 public:
  void Connected(const std::string& vantage, absl::Duration, Instant) override {
    Write(vantage, " connected");
  }
  void Disconnected(const std::string& vantage, Instant) override {
    Write(vantage, " disconnected");
  }
  void Condition(const std::string&, absl::Duration, bool, Instant) override {}
  void Saw(const std::string& vantage, uint32_t target, const Seen& seen, bool counted,
           Instant) override {
    Write(vantage, " saw ", target, " ", ProbeClassName(seen.probe_class),
          counted ? "" : " too late");
  }
  std::vector<std::string> lines() const {
    MutexLock lock(mutex_);
    return lines_;
  }

 private:
  template <typename... Words>
  void Write(const Words&... words) {
    MutexLock lock(mutex_);
    lines_.push_back(absl::StrCat(words...));
  }
  mutable Mutex mutex_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

// Holds whoever writes a certain line, until it is told not to.
class HeldLog final : public CaptureLog {
 public:
  void HoldAt(const std::string& words) {
    MutexLock lock(mutex_);
    words_ = words;
  }
  void Release() {
    MutexLock lock(mutex_);
    words_.clear();
    released_.NotifyAll();
  }
  bool holds() const {
    MutexLock lock(mutex_);
    return holds_;
  }

 protected:
  void Write(LogLevel level, const std::string& line) override {
    CaptureLog::Write(level, line);
    MutexLock lock(mutex_);
    while (!words_.empty() && absl::StrContains(line, words_)) {
      holds_ = true;
      released_.Wait(mutex_);
    }
  }

 private:
  mutable Mutex mutex_;
  CondVar released_;
  std::string words_ GUARDED_BY(mutex_);
  bool holds_ GUARDED_BY(mutex_) = false;
};

TargetRole WebBy(const Path& path) {
  TargetRole role;
  role.service = "web";
  role.path = path;
  role.interval = absl::Minutes(1);  // what arrives is fresh, however slow this machine is
  role.timeout = absl::Seconds(1);
  role.expect_status = {{200, 299}};
  return role;
}

class AgentServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    pb::Assignments assignments;
    assignments.set_revision(kRevision);
    assignments.add_targets()->set_label("web edge");
    service_ = std::make_unique<AgentService>(
        "test", std::map<std::string, pb::Assignments>{{"fra", assignments}},
        std::vector<EchoTarget>{{}, {kEchoKey, "exit/ams"}},
        [this] {
          EchoBytes seed;
          seed.fill(++seeds_);
          return seed;
        },
        board_, recorder_, service_clock(), log_, ping_every_);
    GrpcServerOptions options;
    options.accept.listen = "127.0.0.1:0";
    options.credentials = *ServerCredentials(pki_.Issue(Role::kController, "main"), clock_, log_);
    auto server = GrpcServer::Start(std::move(options), {service_.get()}, clock_, log_, registry_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  virtual const Clock& service_clock() const { return clock_; }
  std::unique_ptr<RawAgent> Dial(Role role = Role::kAgent, const std::string& name = "fra") {
    return std::make_unique<RawAgent>(server_->local().ToString(), pki_.Issue(role, name));
  }
  // One that has said hello.
  std::unique_ptr<RawAgent> Greet(uint64_t run = 1) {
    auto agent = Dial();
    agent->Hello(run);
    return agent;
  }
  // And has answered its first ping: what it says from now on may count.
  std::unique_ptr<RawAgent> Meet(uint64_t run = 1) {
    auto agent = Greet(run);
    const auto ping = agent->Next(pb::AgentInstruction::kPing);
    if (ping) agent->Pong(*ping);
    return agent;
  }
  // A good observation of the echoing target, with the answer to `seed` as the origin, or whoever
  // has that key, would give it.
  static RawAgent::Message Echoed(uint64_t number, const std::string& seed, const char* key) {
    RawAgent::Message batch = RawAgent::Batch(number, kRevision);
    pb::EchoAnswer& echo = *RawAgent::AddGood(kEchoing, batch).mutable_echo();
    echo.add_seeds(seed);
    echo.set_counter(number);
    const EchoBytes nonce = EchoNonce(std::vector<EchoBytes>{*EchoFromBytes(seed)}, number);
    const EchoBytes mac = EchoMac(key, "exit/ams", nonce);
    echo.set_mac(mac.data(), mac.size());
    return batch;
  }
  VantageSnapshot Fra() const { return board_.Vantages(clock_.Now())[0]; }
  // What the board holds of the newest that counted.
  std::optional<Evidence> Newest(const Path& path) const {
    return board_.BallotsOn("web", path, clock_.Now())[0].vote.by_name;
  }
  int Logged(const std::string& words) const {
    const auto lines = log_.Lines();
    return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
      return absl::StrContains(line, words);
    }));
  }

  TestPki pki_;
  SystemClock clock_;
  HeldLog log_;
  prometheus::Registry registry_;
  FakeRecorder recorder_;
  const Path edge_ = Path::Edge(), exit_ = Path::Exit("ams");
  HealthBoard board_{{{.name = "fra"}}, {WebBy(edge_), WebBy(exit_)}, [] {}};
  std::atomic<uint8_t> seeds_{0};
  absl::Duration ping_every_ = AgentService::kPingEvery;
  std::unique_ptr<AgentService> service_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(AgentServiceTest, WhoeverIsNoAgentIsToldWhatItLacks) {
  const absl::Status refused = Dial(Role::kConnector, "fra")->End();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("lacks the role agent"));
  EXPECT_EQ(Logged("refuses a caller"), 1) << log_.Text();
}

TEST_F(AgentServiceTest, AnAgentThatIsNoVantageIsToldWhereToNameIt) {
  const absl::Status refused = Dial(Role::kAgent, "lon")->End();
  EXPECT_EQ(refused.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("\"lon\"; add it to `vantages`"));
  EXPECT_EQ(Logged("refuses a caller"), 1) << log_.Text();
}

TEST_F(AgentServiceTest, WhoSaysHelloHasAssignmentsAPingAndASeedOfItsOwn) {
  const auto agent = Greet();
  const auto first = agent->Next();
  ASSERT_TRUE(first && first->has_assignments());
  EXPECT_EQ(first->assignments().revision(), kRevision);
  EXPECT_EQ(first->assignments().targets(0).label(), "web edge");
  const auto second = agent->Next();
  ASSERT_TRUE(second && second->has_ping());
  const auto seed = agent->Next(pb::AgentInstruction::kSeed);
  ASSERT_TRUE(seed);
  EXPECT_EQ(seed->seed().seed(), std::string(32, '\1'));
  EXPECT_TRUE(Fra().connected);
  EXPECT_EQ(Fra().version, "1.2.3");
}

TEST_F(AgentServiceTest, PongsTellHowFarTheAgentIs) {
  const auto agent = Greet();
  const auto ping = agent->Next(pb::AgentInstruction::kPing);
  ASSERT_TRUE(ping);
  EXPECT_EQ(Fra().round_trip, absl::InfiniteDuration());
  agent->Pong(*ping);
  EXPECT_TRUE(Eventually([this] { return Fra().round_trip < absl::Minutes(1); }));
}

TEST_F(AgentServiceTest, NothingCountsNorIsRecordedBeforeTheFirstPong) {
  const auto agent = Greet();
  const auto ping = agent->Next(pb::AgentInstruction::kPing);
  ASSERT_TRUE(ping);
  RawAgent::Message early = RawAgent::Batch(1, kRevision);
  RawAgent::AddGood(kPlain, early);
  EXPECT_TRUE(agent->Bring(early));
  EXPECT_FALSE(Newest(edge_));
  EXPECT_EQ(Fra().late, 1u);
  agent->Pong(*ping);
  RawAgent::Message batch = RawAgent::Batch(2, kRevision);
  RawAgent::AddGood(kPlain, batch);
  EXPECT_TRUE(agent->Bring(batch));
  EXPECT_TRUE(Newest(edge_));
  EXPECT_THAT(recorder_.lines(), ElementsAre("fra connected", "fra saw 1 OK"));
}

// A call whose connection took seconds began seconds before: the hello's own date misled.
TEST_F(AgentServiceTest, DatesAnAgentByItsPongsAlone) {
  const auto agent = Greet();
  const auto ping = agent->Next(pb::AgentInstruction::kPing);
  ASSERT_TRUE(ping);
  const absl::Duration ahead = absl::Hours(1000);
  agent->Pong(*ping, ahead);
  RawAgent::Message batch = RawAgent::Batch(1, kRevision);
  pb::Observation& seen = RawAgent::AddGood(kPlain, batch);
  seen.set_ended_boottime_us(seen.ended_boottime_us() + absl::ToInt64Microseconds(ahead));
  EXPECT_TRUE(agent->Bring(batch));
  ASSERT_TRUE(Newest(edge_));
  EXPECT_LT(absl::AbsDuration(clock_.Now() - Newest(edge_)->at), absl::Minutes(1));
  EXPECT_NE(Fra().abstention, Abstention::kSkewed);
}

TEST_F(AgentServiceTest, AnObservationCountsIsRecordedAndAcknowledged) {
  const auto agent = Meet();
  RawAgent::Message batch = RawAgent::Batch(1, kRevision);
  RawAgent::AddGood(kPlain, batch);
  EXPECT_TRUE(agent->Bring(batch));
  EXPECT_EQ(Fra().observations, 1u);
  ASSERT_TRUE(Newest(edge_));
  EXPECT_EQ(Newest(edge_)->http_status, 200);
  EXPECT_THAT(recorder_.lines(), ElementsAre("fra connected", "fra saw 1 OK"));
}

TEST_F(AgentServiceTest, ABatchThatComesAgainIsAcknowledgedAndCountsForNothing) {
  RawAgent::Message batch = RawAgent::Batch(4, kRevision);
  RawAgent::AddGood(kPlain, batch);
  const auto agent = Meet();
  EXPECT_TRUE(agent->Bring(batch));
  batch.mutable_batch()->mutable_observations(0)->set_ended_boottime_us(RawAgent::BootMicros());
  EXPECT_TRUE(agent->Bring(batch)) << "else it would be sent for ever";
  batch.mutable_batch()->set_number(3);
  EXPECT_TRUE(agent->Bring(batch));
  EXPECT_EQ(Fra().observations, 1u);

  const auto again = Meet();
  EXPECT_TRUE(again->Bring(batch));
  EXPECT_EQ(Fra().observations, 1u) << "the same run on another stream";
  const auto restarted = Meet(2);
  EXPECT_TRUE(restarted->Bring(batch));
  EXPECT_EQ(Fra().observations, 2u) << "another run counts from the start";
}

TEST_F(AgentServiceTest, OfAFloodTheLastIsAcknowledgedWhetherOrNotEachIs) {
  const auto agent = Meet();
  for (uint64_t number = 1; number <= 500; ++number) {
    agent->Say(RawAgent::Batch(number, kRevision));
  }
  uint64_t acknowledged = 0;
  while (acknowledged < 500) {
    const auto ack = agent->Next(pb::AgentInstruction::kAck);
    ASSERT_TRUE(ack);
    EXPECT_GT(ack->ack().number(), acknowledged) << "they never go back";
    acknowledged = ack->ack().number();
  }
}

TEST_F(AgentServiceTest, WhatCannotBeIsRefusedCountedAndSaidOnceAStream) {
  RawAgent::Message batch = RawAgent::Batch(1, kRevision);
  RawAgent::AddGood(99, batch);                           // never assigned
  RawAgent::AddGood(kPlain, batch).set_http_status(503);  // not what was to be expected
  RawAgent::AddGood(kPlain, batch).set_http_status(9);    // no status at all
  RawAgent::AddGood(kPlain, batch);
  const auto agent = Meet();
  EXPECT_TRUE(agent->Bring(batch));
  EXPECT_EQ(Fra().refused, 3u);
  EXPECT_EQ(Fra().observations, 1u) << "the good one beside them";
  EXPECT_THAT(recorder_.lines(), ElementsAre("fra connected", "fra saw 1 OK"));
  EXPECT_EQ(Logged("refuses an observation"), 1) << log_.Text();
  EXPECT_EQ(Logged("target 99 was never assigned"), 1) << "and why";

  batch.mutable_batch()->set_number(2);
  EXPECT_TRUE(agent->Bring(batch));
  EXPECT_EQ(Logged("refuses an observation"), 1) << "once a stream";
  batch.mutable_batch()->set_number(3);
  EXPECT_TRUE(Meet()->Bring(batch));
  EXPECT_EQ(Logged("refuses an observation"), 2) << "but once on each";
}

TEST_F(AgentServiceTest, ABatchOfOtherAssignmentsIsStaleConfigurationUntilOneOfOurs) {
  const auto agent = Meet();
  RawAgent::Message batch = RawAgent::Batch(1, kRevision + 1);
  RawAgent::AddGood(kPlain, batch);
  EXPECT_TRUE(agent->Bring(batch));
  EXPECT_EQ(Fra().abstention, Abstention::kStaleConfiguration);
  EXPECT_EQ(Fra().observations, 0u);
  EXPECT_FALSE(Newest(edge_)) << "its target 1 may be another";
  EXPECT_TRUE(agent->Bring(RawAgent::Batch(2, kRevision)));
  EXPECT_EQ(Fra().abstention, Abstention::kNone);
}

TEST_F(AgentServiceTest, AGoodAnswerIsProvenByItsEchoOrCountsForNothing) {
  const auto agent = Meet();
  const auto instruction = agent->Next(pb::AgentInstruction::kSeed);
  ASSERT_TRUE(instruction);
  const std::string& seed = instruction->seed().seed();

  RawAgent::Message unproven = RawAgent::Batch(1, kRevision);
  RawAgent::AddGood(kEchoing, unproven);
  EXPECT_TRUE(agent->Bring(unproven));
  EXPECT_TRUE(agent->Bring(Echoed(2, std::string(32, 'x'), kEchoKey))) << "of a seed not ours";
  EXPECT_FALSE(Newest(exit_));
  EXPECT_THAT(recorder_.lines(), ElementsAre("fra connected")) << "nor is it judged again later";

  EXPECT_TRUE(agent->Bring(Echoed(3, seed, kEchoKey)));
  ASSERT_TRUE(Newest(exit_));
  EXPECT_EQ(Newest(exit_)->probe_class, ProbeClass::kOk);
  EXPECT_EQ(Newest(exit_)->echo, Echo::kGood);

  EXPECT_TRUE(agent->Bring(Echoed(4, seed, "a key that somebody has made up...")));
  EXPECT_EQ(Newest(exit_)->probe_class, ProbeClass::kBadBody) << "a captive page, or a lie";
  EXPECT_THAT(recorder_.lines(),
              ElementsAre("fra connected", "fra saw 2 OK", "fra saw 2 BAD_BODY"));
}

// A service whose clock the test moves, and whose pings follow one another quickly: each asks
// whether a new seed is due.
class SeedPeriodTest : public AgentServiceTest {
 protected:
  SeedPeriodTest() { ping_every_ = absl::Milliseconds(20); }
  // Streams that end ask the clock, which goes before what the base holds.
  ~SeedPeriodTest() override {
    server_.reset();
    service_.reset();
  }
  const Clock& service_clock() const override { return moved_clock_; }
  // How many seeds come up to the `pings`-th ping from now; -1: the stream ended.
  static int SeedsAmong(RawAgent& agent, int pings) {
    int seeds = 0;
    while (pings > 0) {
      const auto instruction = agent.Next();
      if (!instruction) return -1;
      seeds += instruction->has_seed();
      pings -= instruction->has_ping();
    }
    return seeds;
  }

  FakeClock moved_clock_;
};

TEST_F(SeedPeriodTest, EachStreamHasASeedAtOnceAndANewOneEveryTenSeconds) {
  const auto agent = Greet();
  ASSERT_TRUE(agent->Next(pb::AgentInstruction::kSeed));
  EXPECT_EQ(SeedsAmong(*agent, 5), 0);
  moved_clock_.Advance(absl::Seconds(10) - absl::Milliseconds(1));
  EXPECT_EQ(SeedsAmong(*agent, 5), 0) << "not yet";
  moved_clock_.Advance(absl::Milliseconds(1));
  const auto second = agent->Next(pb::AgentInstruction::kSeed);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->seed().seed(), std::string(32, '\2'));
  EXPECT_EQ(SeedsAmong(*agent, 5), 0) << "and one only";
  const auto again = Greet();
  EXPECT_TRUE(again->Next(pb::AgentInstruction::kSeed)) << "a new stream waits for none";
}

TEST_F(AgentServiceTest, WhoSpeaksOutOfTurnIsHungUpOn) {
  RawAgent::Message hello;
  hello.mutable_hello()->set_run_id(5);
  RawAgent::Message huge = RawAgent::Batch(1, kRevision);
  for (int i = 0; i < 1001; ++i) RawAgent::AddGood(kPlain, huge);
  const struct {
    const char* words;
    bool greeted;
    RawAgent::Message message;
  } kCases[] = {
      {"observations before the hello", false, RawAgent::Batch(1, kRevision)},
      {"one hello", true, hello},
      {"at most 1,000", true, huge},
      {"does not know", true, {}},
  };
  for (const auto& wrong : kCases) {
    const auto agent = wrong.greeted ? Meet() : Dial();
    agent->Say(wrong.message);
    const absl::Status end = agent->End();
    EXPECT_EQ(end.code(), absl::StatusCode::kInvalidArgument) << wrong.words;
    EXPECT_THAT(std::string(end.message()), HasSubstr(wrong.words));
  }
  EXPECT_EQ(Fra().observations, 0u);
}

// The agent has begun anew, and its new stream has not yet ended the old one.
TEST_F(AgentServiceTest, ABatchOfTheRunBeforeDoesNotCountInTheNewOne) {
  const auto before = Meet(1);
  RawAgent::Message batch = RawAgent::Batch(1, kRevision);
  RawAgent::AddGood(kPlain, batch);
  EXPECT_TRUE(before->Bring(batch));
  log_.HoldAt("run=2");
  const auto after = Greet(2);
  ASSERT_TRUE(Eventually([this] { return log_.holds(); }));
  before->Bring(RawAgent::Batch(1000, kRevision));
  log_.Release();
  const auto ping = after->Next(pb::AgentInstruction::kPing);
  ASSERT_TRUE(ping);
  after->Pong(*ping);
  EXPECT_TRUE(after->Bring(batch));
  EXPECT_EQ(Fra().observations, 2u) << "batch 1 of run 2 comes after nothing";
}

TEST_F(AgentServiceTest, ASecondStreamOfAVantageEndsTheFirst) {
  const auto first = Greet();
  ASSERT_TRUE(first->Next(pb::AgentInstruction::kPing));
  const auto second = Meet();
  EXPECT_EQ(first->End().code(), absl::StatusCode::kCancelled);
  RawAgent::Message batch = RawAgent::Batch(1, kRevision);
  RawAgent::AddGood(kPlain, batch);
  EXPECT_TRUE(second->Bring(batch));
  EXPECT_TRUE(Fra().connected) << "the end of the first is not the vantage's";
  EXPECT_EQ(Logged("disconnected"), 0) << log_.Text();

  second->HangUp();
  EXPECT_TRUE(second->End().ok());
  EXPECT_TRUE(Eventually([this] { return Logged("disconnected") == 1; }));
  EXPECT_FALSE(Fra().connected);
  EXPECT_EQ(recorder_.lines().back(), "fra disconnected");
}

}  // namespace
}  // namespace lifeboat
