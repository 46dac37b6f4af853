#include "agent/knock/knocker.h"

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "agent/probe/testing/fake_web_server.h"
#include "agent/probe/testing/turn.h"
#include "base/mutex.h"
#include "base/testing/capture_log.h"
#include "base/testing/test_pki.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

using After = FakeWebServer::After;

// An exit node's guard that remembers who knocked.
class FakeDoor {
 public:
  explicit FakeDoor(const TlsFiles& files, std::string answer = "HTTP/1.1 204 No Content\r\n\r\n")
      : server_(
            [this, answer](FakeWebConnection& connection) {
              const std::string head = connection.ReadHead();
              MutexLock lock(mutex_);
              if (!head.empty()) {
                knocks_.push_back(head.substr(0, head.find(" HTTP")) + " from " +
                                  connection.peer().address.ToString() + " " +
                                  connection.peer_uri());
              }
              connection.Write(answer);
              return After::kClose;
            },
            &files, 128, files.ca) {}

  const Endpoint& endpoint() const { return server_.endpoint(); }
  std::vector<std::string> knocks() const {
    MutexLock lock(mutex_);
    return knocks_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> knocks_ GUARDED_BY(mutex_);
  FakeWebServer server_;
};

class KnockerTest : public testing::Test {
 protected:
  void Turn(const std::function<bool()>& done) { EXPECT_TRUE(TurnUntil(loop_, done)); }
  KnockSpec At(const FakeDoor& door, bool withdraw = false) {
    return {.exit = "nyc",
            .endpoints = {door.endpoint()},
            .source = *IpAddress::Parse("127.0.0.5"),
            .every = absl::Milliseconds(30),
            .withdraw = withdraw};
  }

  TestPki pki_;
  SystemClock clock_;
  EventLoop loop_{clock_};
  CurlMulti multi_{loop_};
  std::mt19937 random_{5};
  prometheus::Registry registry_;
  Metrics metrics_{registry_};
  CaptureLog log_;
  FakeDoor door_{pki_.Issue(Role::kExitNode, "nyc")};
  Knocker knocker_{loop_, multi_, clock_, random_, pki_.Issue(Role::kAgent, "fra"), metrics_, log_};
};

TEST_F(KnockerTest, KnocksAtOnceAndAgainWithOurCertificateFromTheGivenSource) {
  knocker_.Assign(0, {At(door_)});
  Turn([&] { return door_.knocks().size() >= 3; });
  EXPECT_EQ(door_.knocks()[0], "POST /knock from 127.0.0.5 spiffe://test/agent/fra");
  EXPECT_EQ(log_.Lines().size(), 1u) << "said once, not with each renewal: " << log_.Text();
}

TEST_F(KnockerTest, WithdrawsOnceAndComesBack) {
  knocker_.Assign(0, {At(door_)});
  Turn([&] { return door_.knocks().size() >= 1; });
  knocker_.Assign(0, {At(door_, true)});
  Turn([&] { return log_.Contains("withdrawal taken"); });
  const auto knocks = door_.knocks();
  EXPECT_TRUE(absl::StartsWith(knocks.back(), "DELETE /knock")) << knocks.back();
  const Instant begin = clock_.Now();
  Turn([&] { return clock_.Now() - begin > absl::Milliseconds(200); });
  EXPECT_EQ(door_.knocks().size(), knocks.size()) << "a withdrawal is not renewed";
  knocker_.Assign(0, {At(door_)});
  Turn([&] { return door_.knocks().size() > knocks.size(); });
  EXPECT_TRUE(absl::StartsWith(door_.knocks().back(), "POST"));
}

TEST_F(KnockerTest, OfTwoControllersTheWithdrawalWins) {
  knocker_.Assign(0, {At(door_, true)});
  knocker_.Assign(1, {At(door_)});
  Turn([&] { return log_.Contains("withdrawal taken"); });
  EXPECT_TRUE(absl::StartsWith(door_.knocks().back(), "DELETE"));
  knocker_.Assign(0, {});
  Turn([&] { return log_.Contains("knock taken"); });
}

TEST_F(KnockerTest, StopsAtWhatNobodyWantsAnyMore) {
  knocker_.Assign(0, {At(door_)});
  Turn([&] { return door_.knocks().size() >= 1; });
  knocker_.Assign(0, {});
  const size_t knocks = door_.knocks().size();
  const Instant begin = clock_.Now();
  Turn([&] { return clock_.Now() - begin > absl::Milliseconds(200); });
  EXPECT_LE(door_.knocks().size(), knocks + 1);
}

TEST_F(KnockerTest, AnotherExitOrRoleOrAuthorityGetsNoKnock) {
  TestPki foreign_pki;
  const FakeDoor other(pki_.Issue(Role::kExitNode, "ams"));
  const FakeDoor connector(pki_.Issue(Role::kConnector, "nyc"));
  const FakeDoor foreign(foreign_pki.Issue(Role::kExitNode, "nyc"));
  const std::pair<const FakeDoor*, const char*> kCases[] = {
      {&other, "spiffe://test/exitnode/ams"},
      {&connector, "connector"},
      {&foreign, "certificate"},
  };
  for (const auto& [door, why] : kCases) {
    knocker_.Assign(0, {At(*door)});
    Turn([&, words = why] { return log_.Contains(words); });
    EXPECT_TRUE(door->knocks().empty()) << why;
  }
}

TEST_F(KnockerTest, ARefusalIsSaidOnceAndTriedAgain) {
  const FakeDoor refusing(pki_.Issue(Role::kExitNode, "nyc"),
                          "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  knocker_.Assign(0, {At(refusing)});
  Turn([&] { return refusing.knocks().size() >= 3; });
  EXPECT_TRUE(log_.Contains("status 403"));
  EXPECT_EQ(log_.Lines().size(), 1u) << log_.Text();
}

TEST_F(KnockerTest, ADoorOfTheOtherFamilyThanTheSourceIsLeftAlone) {
  KnockSpec spec = At(door_);
  spec.endpoints.insert(spec.endpoints.begin(), *Endpoint::Parse("[::1]:9"));
  knocker_.Assign(0, {spec});
  Turn([&] { return door_.knocks().size() >= 2; });
  EXPECT_FALSE(log_.Contains("[::1]"));
}

}  // namespace
}  // namespace lifeboat::agent
