#include "agent/plan/assignment.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

namespace pb = lifeboat::v1;

pb::Assignments Good() {
  pb::Assignments assignments;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    revision: 3
    resolvers: "9.9.9.9:53"
    resolvers: "[2620:fe::fe]:53"
    targets {
      number: 1 label: "web edge by name" leg: LEG_BY_NAME
      interval { seconds: 2 } timeout { seconds: 1 nanos: 500000000 }
      http { url: "https://app.test:8443/healthz?x=1" resolve_name: "edge.test."
             origin_marker_header: "X-Origin" echo_path: "/echo" }
    }
    targets {
      number: 2 label: "web edge pinned" leg: LEG_PINNED source_address: "127.0.0.2"
      interval { seconds: 2 } timeout { seconds: 1 } slow_after { nanos: 500000000 }
      http { url: "https://app.test/" addresses: "192.0.2.1" addresses: "192.0.2.2" method: "HEAD"
             expect_status { first: 200 last: 204 } expect_status { first: 301 last: 301 } }
    }
    targets {
      number: 3 leg: LEG_PANEL interval { seconds: 2 } timeout { seconds: 1 }
      tcp { host: "2001:db8::1" port: 25 }
    }
    knocks { exit: "nyc" endpoints: "192.0.2.10:7444" endpoints: "[2001:db8::10]:7444" }
    knocks { exit: "fra" endpoints: "192.0.2.11:7444" every { seconds: 30 } withdraw: true }
  )",
                                                            &assignments));
  return assignments;
}

TEST(AssignmentTest, TakesWhatAControllerSends) {
  const auto assignment = AssignmentFromProto(Good());
  ASSERT_TRUE(assignment.ok()) << assignment.status();
  EXPECT_TRUE(assignment->refused.empty()) << assignment->refused[0];
  EXPECT_EQ(assignment->revision, 3u);
  ASSERT_EQ(assignment->targets.size(), 3u);

  const ProbeSpec& by_name = assignment->targets[0].spec;
  EXPECT_EQ(by_name.name, "edge.test.");
  EXPECT_EQ(by_name.port, 8443);
  EXPECT_EQ(by_name.timeout, absl::Milliseconds(1500));
  EXPECT_EQ(by_name.slow_after, absl::InfiniteDuration());
  EXPECT_EQ(by_name.resolvers.size(), 2u);
  EXPECT_EQ(by_name.http->origin_marker_header, "x-origin");
  EXPECT_EQ(by_name.http->echo_path, "/echo");
  EXPECT_EQ(by_name.http->expect_status, (std::vector<StatusRange>{{200, 299}}));

  const ProbeSpec& pinned = assignment->targets[1].spec;
  EXPECT_EQ(pinned.addresses.size(), 2u);
  EXPECT_TRUE(pinned.name.empty());
  EXPECT_TRUE(pinned.resolvers.empty()) << "it asks nobody: others' resolvers do not part it";
  EXPECT_TRUE(pinned.http->head);
  EXPECT_EQ(pinned.slow_after, absl::Milliseconds(500));
  EXPECT_EQ(pinned.http->expect_status.size(), 2u);

  const ProbeSpec& tcp = assignment->targets[2].spec;
  EXPECT_FALSE(tcp.http.has_value());
  EXPECT_EQ(tcp.addresses[0].ToString(), "2001:db8::1");

  ASSERT_EQ(assignment->knocks.size(), 2u);
  EXPECT_EQ(assignment->knocks[0].every, absl::Seconds(60));
  EXPECT_EQ(assignment->knocks[0].endpoints.size(), 2u);
  EXPECT_TRUE(assignment->knocks[1].withdraw);
}

TEST(AssignmentTest, RefusesABadTargetInWordsAndKeepsTheOthers) {
  using Spoil = std::function<void(pb::Assignments&)>;
  const std::pair<const char*, Spoil> kCases[] = {
      {"leg", [](auto& a) { a.mutable_targets(0)->clear_leg(); }},
      {"leg", [](auto& a) { a.mutable_targets(0)->set_leg(static_cast<pb::Leg>(77)); }},
      {"interval", [](auto& a) { a.mutable_targets(0)->clear_interval(); }},
      {"interval", [](auto& a) { a.mutable_targets(0)->mutable_interval()->set_seconds(-9); }},
      {"interval", [](auto& a) { a.mutable_targets(0)->mutable_interval()->set_seconds(1 << 30); }},
      {"timeout", [](auto& a) { a.mutable_targets(0)->mutable_timeout()->set_seconds(2); }},
      {"timeout", [](auto& a) { a.mutable_targets(0)->clear_timeout(); }},
      {"slow_after", [](auto& a) { a.mutable_targets(0)->mutable_slow_after(); }},
      {"source_address", [](auto& a) { a.mutable_targets(0)->set_source_address("eth0"); }},
      {"source_address", [](auto& a) { a.mutable_targets(1)->set_source_address("::1"); }},
      {"probe", [](auto& a) { a.mutable_targets(0)->clear_http(); }},
      {"url", [](auto& a) { a.mutable_targets(0)->mutable_http()->set_url(""); }},
      {"url", [](auto& a) { a.mutable_targets(0)->mutable_http()->set_url("file:///etc/passwd"); }},
      {"url",
       [](auto& a) { a.mutable_targets(0)->mutable_http()->set_url("https://a:b@c.test/"); }},
      {"url",
       [](auto& a) { a.mutable_targets(0)->mutable_http()->set_url("https://a.test/\r\nX: y"); }},
      {"url",
       [](auto& a) { a.mutable_targets(0)->mutable_http()->set_url("https://a.test:99999/"); }},
      {"host", [](auto& a) { a.mutable_targets(0)->mutable_http()->set_resolve_name("a..b"); }},
      {"host",
       [](auto& a) {
         a.mutable_targets(0)->mutable_http()->set_resolve_name(std::string(64, 'a') + ".test");
       }},
      {"expect_status",
       [](auto& a) { a.mutable_targets(0)->mutable_http()->add_expect_status()->set_first(300); }},
      {"expect_body",
       [](auto& a) { a.mutable_targets(1)->mutable_http()->set_expect_body("HEAD has none"); }},
      {"method", [](auto& a) { a.mutable_targets(0)->mutable_http()->set_method("POST"); }},
      {"addresses", [](auto& a) { a.mutable_targets(0)->mutable_http()->add_addresses("x"); }},
      {"port", [](auto& a) { a.mutable_targets(2)->mutable_tcp()->set_port(65536); }},
      {"host", [](auto& a) { a.mutable_targets(2)->mutable_tcp()->set_host(""); }},
      {"number", [](auto& a) { a.mutable_targets(2)->set_number(1); }},
  };
  for (const auto& [field, spoil] : kCases) {
    pb::Assignments assignments = Good();
    spoil(assignments);
    const auto assignment = AssignmentFromProto(assignments);
    ASSERT_TRUE(assignment.ok());
    ASSERT_EQ(assignment->refused.size(), 1u) << field;
    EXPECT_TRUE(absl::StrContains(assignment->refused[0], field)) << assignment->refused[0];
    EXPECT_EQ(assignment->targets.size(), 2u) << field;
  }
}

TEST(AssignmentTest, RefusesBadKnocksAndResolversAlone) {
  pb::Assignments assignments = Good();
  assignments.set_resolvers(0, "resolver.example");
  assignments.mutable_knocks(0)->set_exit("../nyc");
  assignments.mutable_knocks(1)->mutable_every()->set_seconds(3600);
  const auto assignment = AssignmentFromProto(assignments);
  ASSERT_TRUE(assignment.ok());
  EXPECT_EQ(assignment->refused.size(), 3u);
  EXPECT_EQ(assignment->targets.size(), 3u);
  EXPECT_EQ(assignment->targets[0].spec.resolvers.size(), 1u);
  EXPECT_TRUE(assignment->knocks.empty());
}

TEST(AssignmentTest, RefusesWholeAssignmentsWithoutARevision) {
  pb::Assignments assignments = Good();
  assignments.clear_revision();
  EXPECT_FALSE(AssignmentFromProto(assignments).ok());
}

TEST(AssignmentTest, SaysOfThousandsOfFaultsOnlyTheFirst) {
  pb::Assignments assignments = Good();
  for (int i = 0; i < 5000; ++i) assignments.add_targets()->set_number(100 + i);
  const auto assignment = AssignmentFromProto(assignments);
  ASSERT_TRUE(assignment.ok());
  EXPECT_EQ(assignment->refused.size(), 20u);
  EXPECT_EQ(assignment->targets.size(), 3u);
}

}  // namespace
}  // namespace lifeboat::agent
