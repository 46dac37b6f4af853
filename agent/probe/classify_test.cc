#include "agent/probe/classify.h"

#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

ProbeSpec Web() {
  return {.interval = absl::Seconds(2),
          .timeout = absl::Milliseconds(1500),
          .slow_after = absl::Seconds(1),
          .http = HttpSpec{.url = "https://app.example.net/", .expect_status = {{200, 299}}}};
}

ProbeEnd Status(int status) {
  return {.connected = true, .handshaken = true, .status = status, .total = absl::Milliseconds(20)};
}

ProbeClass ClassOf(const ProbeSpec& spec, const ProbeEnd& end) {
  return Classify(spec, end).probe_class;
}

TEST(ClassifyTest, JudgesAStatusByWhoMadeIt) {
  struct Case {
    int status;
    ProbeClass plain, with_marker, refused_is_down;
  };
  using enum ProbeClass;
  const Case kCases[] = {
      {200, kOk, kOk, kOk},
      {204, kOk, kOk, kOk},
      {101, kHttpEdge, kHttpOrigin, kHttpEdge},
      {301, kHttpEdge, kHttpOrigin, kHttpEdge},
      {401, kRefused, kHttpOrigin, kHttpEdge},
      {403, kRefused, kHttpOrigin, kHttpEdge},
      {404, kHttpEdge, kHttpOrigin, kHttpEdge},
      {407, kRefused, kHttpOrigin, kHttpEdge},
      {429, kRefused, kHttpOrigin, kHttpEdge},
      {500, kHttpEdge, kHttpOrigin, kHttpEdge},
      {502, kHttpEdge, kHttpOrigin, kHttpEdge},
      {519, kHttpEdge, kHttpOrigin, kHttpEdge},
      {520, kHttpEdge, kHttpEdge, kHttpEdge},  // only an edge makes these, marker or not
      {530, kHttpEdge, kHttpEdge, kHttpEdge},
      {531, kHttpEdge, kHttpOrigin, kHttpEdge},
  };
  for (const Case& c : kCases) {
    ProbeSpec spec = Web();
    ProbeEnd end = Status(c.status);
    EXPECT_EQ(ClassOf(spec, end), c.plain) << c.status;
    spec.http->refused_is_down = true;
    EXPECT_EQ(ClassOf(spec, end), c.refused_is_down) << c.status;
    spec.http->refused_is_down = false;
    spec.http->origin_marker_header = "x-origin";
    EXPECT_EQ(ClassOf(spec, end), c.plain) << c.status << " without the configured marker";
    end.origin_marker = true;
    EXPECT_EQ(ClassOf(spec, end), c.with_marker) << c.status << " with the marker";
  }
}

TEST(ClassifyTest, ARedirectIsARefusalOnlyWhenItLeadsToALogin) {
  const std::pair<const char*, ProbeClass> kCases[] = {
      {"https://example.cloudflareaccess.com/cdn-cgi/access/LOGIN/app", ProbeClass::kRefused},
      {"/oauth2/authorize?client=1", ProbeClass::kRefused},
      {"/.challenge", ProbeClass::kRefused},
      {"https://www.example.net/", ProbeClass::kHttpEdge},
      {"", ProbeClass::kHttpEdge},
  };
  for (const auto& [location, want] : kCases) {
    ProbeEnd end = Status(302);
    end.location = location;
    EXPECT_EQ(ClassOf(Web(), end), want) << location;
  }
  ProbeSpec expects_redirect = Web();
  expects_redirect.http->expect_status = {{301, 302}};
  ProbeEnd end = Status(302);
  end.location = "/login";
  EXPECT_EQ(ClassOf(expects_redirect, end), ProbeClass::kOk) << "an expected login is the service";
}

TEST(ClassifyTest, AChallengeIsARefusalWhateverItsStatus) {
  ProbeEnd end = Status(503);
  end.challenge = true;
  EXPECT_EQ(ClassOf(Web(), end), ProbeClass::kRefused);
}

TEST(ClassifyTest, AGoodStatusMayStillBeSlowOrHaveTheWrongBody) {
  ProbeSpec spec = Web();
  ProbeEnd end = Status(200);
  end.total = absl::Milliseconds(1000);
  EXPECT_EQ(ClassOf(spec, end), ProbeClass::kOk) << "slow_after itself is in time";
  end.total = absl::Milliseconds(1001);
  EXPECT_EQ(ClassOf(spec, end), ProbeClass::kSlow);
  spec.http->expect_body = "hello";
  EXPECT_EQ(ClassOf(spec, end), ProbeClass::kBadBody);
  end.body_found = true;
  EXPECT_EQ(ClassOf(spec, end), ProbeClass::kSlow);
  end = Status(502);
  EXPECT_EQ(ClassOf(spec, end), ProbeClass::kHttpEdge) << "the status is judged before the body";
}

TEST(ClassifyTest, JudgesATransportByHowFarItCame) {
  struct Case {
    Transport transport;
    bool connected, handshaken;
    ProbeClass want;
  };
  using enum ProbeClass;
  const Case kCases[] = {
      {Transport::kNoAddress, false, false, kDns},
      {Transport::kTimeout, false, false, kTimeoutConnect},
      {Transport::kTimeout, true, false, kTimeoutRead},
      {Transport::kTimeout, true, true, kTimeoutRead},
      {Transport::kUnreachable, false, false, kTimeoutConnect},
      {Transport::kClosed, false, false, kReset},
      {Transport::kClosed, true, true, kReset},
      {Transport::kTls, true, false, kTls},
  };
  for (const Case& c : kCases) {
    const Judgement judged = Classify(Web(), {.transport = c.transport,
                                              .words = "words",
                                              .connected = c.connected,
                                              .handshaken = c.handshaken});
    EXPECT_EQ(judged.probe_class, c.want) << static_cast<int>(c.transport);
    EXPECT_FALSE(judged.detail.empty());
  }
}

TEST(ClassifyTest, SaysWhatWasMissing) {
  ProbeEnd end{.transport = Transport::kTimeout, .connected = true};
  EXPECT_EQ(Classify(Web(), end).detail, "connected, no TLS handshake within 1.5s");
  end.handshaken = true;
  EXPECT_EQ(Classify(Web(), end).detail, "connected, no answer within 1.5s");
  end.status = 200;
  EXPECT_EQ(Classify(Web(), end).detail, "status 200, but no whole answer within 1.5s");
  EXPECT_EQ(Classify(Web(), Status(200)).detail, "");
}

TEST(ClassifyTest, ATcpProbeIsOkOnceConnected) {
  ProbeSpec tcp = Web();
  tcp.http.reset();
  EXPECT_EQ(ClassOf(tcp, {.connected = true}), ProbeClass::kOk);
}

TEST(ClassifyTest, DetailsAreShortAndPrintableWhateverThePeerSends) {
  ProbeEnd end = Status(302);
  end.location = std::string("\x1b[31m\xff\0/", 8) + std::string(5000, 'a');
  const std::string detail = Classify(Web(), end).detail;
  EXPECT_EQ(detail.size(), 200u);
  EXPECT_EQ(detail.find('\x1b'), std::string::npos);
  EXPECT_EQ(detail.find('\xff'), std::string::npos);
}

}  // namespace
}  // namespace lifeboat::agent
