#include "controller/exits/public_fetch.h"

#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "base/testing/eventually.h"
#include "controller/exits/testing/fake_origin.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;

constexpr char kKey[] = "a key of thirty-two bytes at least";
constexpr char kEcho[] = "/.well-known/lifeboat/echo";
constexpr absl::Duration kLimit = absl::Seconds(10);
const Path kAms = Path::Exit("ams");

// The nonce that is asked for; nothing: it is not the echo that is.
std::optional<EchoBytes> NonceIn(absl::string_view target) {
  if (!absl::ConsumePrefix(&target, kEcho) || !absl::ConsumePrefix(&target, "?nonce=")) return {};
  return EchoFromHex(target);
}

class CurlFetcherTest : public testing::Test {
 protected:
  // A page that is well, and the echo of who has `key` and was reached by `path`.
  static FakeOrigin::Answer Well(const std::string& target, const char* key = kKey,
                                 const char* path = "exit/ams") {
    const auto nonce = NonceIn(target);
    if (!nonce) return {.status = 200, .body = "all is well"};
    return {.status = 200, .body = absl::StrCat(ToHex(EchoMac(key, path, *nonce)), "\n")};
  }
  void Serve(FakeOrigin::Serve serve) {
    origin_ = std::make_unique<FakeOrigin>(std::move(serve));
    spec_.port = origin_->port();
  }
  absl::Status Fetch(const std::string& address = "127.0.0.1", absl::Duration limit = kLimit) {
    CurlFetcher fetcher(
        {{"web", spec_}},
        [this] {
          EchoBytes seed;
          seed.fill(++seeds_);
          return seed;
        },
        [this](const IpAddress& to, const std::optional<IpAddress>&) {
          return to == no_way_ ? absl::FailedPreconditionError("no way there") : absl::OkStatus();
        });
    return fetcher.Fetch("web", kAms, address, limit);
  }
  void AskEcho() {
    spec_.echo_key = kKey;
    spec_.echo_path = kEcho;
  }

  FetchSpec spec_{.scheme = "http",
                  .hostname = "app.test",
                  .path = "/healthz",
                  .expect_status = {{200, 299}},
                  .expect_body = "well",
                  .ca_file = "",
                  .echo_key = "",
                  .echo_path = ""};
  IpAddress no_way_ = *IpAddress::Parse("2001:db8::1");
  uint8_t seeds_ = 0;
  std::unique_ptr<FakeOrigin> origin_;
};

TEST_F(CurlFetcherTest, ConnectsToTheAddressAndAsksByTheServicesName) {
  Serve([](const std::string& target) { return Well(target); });
  EXPECT_TRUE(Fetch().ok());
  ASSERT_EQ(origin_->requests().size(), 1u) << "no echo is configured";
  EXPECT_THAT(origin_->requests()[0], HasSubstr("GET /healthz HTTP/1.1\r\n"));
  EXPECT_THAT(origin_->requests()[0], HasSubstr("Host: app.test:"));
}

TEST_F(CurlFetcherTest, OnlyWhatTheHealthCheckDemandsIsHealth) {
  Serve([](const std::string&) { return FakeOrigin::Answer{.status = 502, .body = "well"}; });
  EXPECT_EQ(Words(Fetch()), "answered HTTP 502, which is no health");
  Serve([](const std::string&) { return FakeOrigin::Answer{.status = 200, .body = "parked"}; });
  EXPECT_EQ(Words(Fetch()), "answered without the text that the health check expects");
}

TEST_F(CurlFetcherTest, SaysWhereNobodyAnswers) {
  Serve([](const std::string& target) { return Well(target); });
  origin_.reset();
  const absl::Status refused = Fetch();
  EXPECT_TRUE(absl::IsUnavailable(refused));
  EXPECT_THAT(Words(refused), HasSubstr("app.test at 127.0.0.1: "));
}

TEST_F(CurlFetcherTest, AConnectionIsEnoughForWhatIsNoPage) {
  Serve([](const std::string& target) { return Well(target); });
  spec_.scheme = "tcp";
  EXPECT_TRUE(Fetch().ok());
  EXPECT_TRUE(Eventually([this] { return origin_->connections() == 1; }));
  EXPECT_TRUE(origin_->requests().empty());
  origin_.reset();
  EXPECT_TRUE(absl::IsUnavailable(Fetch()));
}

TEST_F(CurlFetcherTest, AsksNobodyWhereThisHostHasNoWayTo) {
  const absl::Status unasked = Fetch("2001:db8::1");
  EXPECT_TRUE(absl::IsFailedPrecondition(unasked)) << unasked;
  EXPECT_EQ(Words(unasked), "no way there");
}

TEST_F(CurlFetcherTest, TakesTheOriginsEchoForProofEachTimeOfANewNonce) {
  AskEcho();
  Serve([](const std::string& target) { return Well(target); });
  EXPECT_TRUE(Fetch().ok());
  EXPECT_TRUE(Fetch().ok());
  EXPECT_EQ(origin_->connections(), 2) << "page and echo share one";
  ASSERT_EQ(origin_->requests().size(), 4u);
  EXPECT_NE(origin_->requests()[1], origin_->requests()[3]);
}

TEST_F(CurlFetcherTest, TakesNoGoodPageForProofWithoutTheOriginsEcho) {
  AskEcho();
  std::string kept;
  const struct {
    const char* what;
    FakeOrigin::Serve serve;
  } kCases[] = {
      {"a captive page",
       [](const std::string&) { return FakeOrigin::Answer{.status = 200, .body = "well"}; }},
      {"no such page",
       [](const std::string& target) {
         return NonceIn(target) ? FakeOrigin::Answer{.status = 404, .body = ""} : Well(target);
       }},
      {"somebody without the key",
       [](const std::string& target) { return Well(target, "another key of thirty-two bytes"); }},
      {"the origin, but by way of another path",
       [](const std::string& target) { return Well(target, kKey, "edge"); }},
      {"a cache that passes over the query",
       [&kept](const std::string& target) {
         FakeOrigin::Answer answer = Well(target);
         if (!NonceIn(target)) return answer;
         if (kept.empty()) kept = ToHex(EchoMac(kKey, "exit/ams", EchoBytes{}));
         answer.body = kept;
         return answer;
       }},
      {"nobody",
       [](const std::string& target) {
         FakeOrigin::Answer answer = Well(target);
         if (NonceIn(target)) answer.status = 503;
         return answer;
       }},
  };
  for (const auto& wrong : kCases) {
    Serve(wrong.serve);
    const absl::Status fetched = Fetch();
    EXPECT_TRUE(absl::IsUnavailable(fetched)) << wrong.what;
    EXPECT_THAT(Words(fetched), HasSubstr("without the origin's echo of exit/ams")) << wrong.what;
  }
}

TEST_F(CurlFetcherTest, AsksForTheEchoAnewWhereThePagesConnectionEnds) {
  AskEcho();
  Serve([](const std::string& target) {
    FakeOrigin::Answer answer = Well(target);
    answer.closes = true;
    return answer;
  });
  EXPECT_TRUE(Fetch().ok());
  EXPECT_EQ(origin_->connections(), 2);
}

TEST_F(CurlFetcherTest, KnowsNoServiceThatIsNotConfigured) {
  CurlFetcher fetcher({}, [] { return EchoBytes{}; });
  EXPECT_TRUE(absl::IsNotFound(fetcher.Fetch("web", kAms, "127.0.0.1", kLimit)));
}

}  // namespace
}  // namespace lifeboat
