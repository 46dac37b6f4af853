#include "controller/service_settings.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Record kAtCdn = {RecordType::kCname, "app.example.net.cdn.test."};
const Record kInZone = {RecordType::kCname, "edge.example.net."};

// Zone example.net in the lever "own"; "other" writes example.org.
config::Config Installation() {
  config::Config config;
  config::ExitNode nyc{.name = "nyc", .asn = 20473, .country = "US", .provider = "vultr"};
  for (const char* address : {"2001:db8::10", "203.0.113.10", "203.0.113.9"}) {
    nyc.addresses.push_back(*IpAddress::Parse(address));
  }
  config.exits = {nyc, {.name = "ams", .addresses = {*IpAddress::Parse("198.51.100.7")}}};
  config.levers = {{.name = "own", .zone = "example.net"},
                   {.name = "other", .zone = "example.org"}};
  return config;
}

config::Service Web() {
  config::Service web;
  web.name = "web";
  web.hostname = "app.example.net";
  web.ttl = absl::Seconds(60);
  web.edge_records = {kAtCdn};
  web.exits = {"ams", "nyc"};
  web.levers = {"own"};
  web.clean_for = absl::Hours(2);
  web.exit_stays_open = absl::Minutes(15);
  web.intent_expires_after = absl::Minutes(10);
  web.safety.moves_per_day = 3;
  web.quorum.min_voters = 5;
  web.priority = 7;
  web.places = {{"quorum.hold", "controller.yaml:22"}};
  return web;
}

TEST(ServiceSettingsTest, CarriesWhatTheServicesKeysSay) {
  const ServiceSettings settings = ServiceSettingsOf(Installation(), Web());
  EXPECT_EQ(settings.name, "web");
  EXPECT_EQ(settings.hostname, "app.example.net");
  EXPECT_EQ(settings.ttl, absl::Seconds(60));
  EXPECT_EQ(settings.clean_for, absl::Hours(2));
  EXPECT_EQ(settings.exit_stays_open, absl::Minutes(15));
  EXPECT_EQ(settings.intent_expires_after, absl::Minutes(10));
  EXPECT_EQ(settings.safety.moves_per_day, 3);
  EXPECT_EQ(settings.quorum.min_voters, 5);
  EXPECT_EQ(settings.priority, 7);
  EXPECT_EQ(settings.places.at("quorum.hold"), "controller.yaml:22");
}

TEST(ServiceSettingsTest, KeepsTheOrderOfExitsAndSortsTheRecordsOfEach) {
  const ServiceSettings settings = ServiceSettingsOf(Installation(), Web());
  ASSERT_EQ(settings.exits.size(), 2u);
  EXPECT_EQ(settings.exits[0].name, "ams") << "the best first, as the service lists them";
  EXPECT_EQ(settings.exits[1].provider, "vultr");
  EXPECT_EQ(settings.exits[1].asn, 20473u);
  // What DNS is compared with is sorted: A before AAAA, then by text.
  EXPECT_THAT(settings.exits[1].records, ElementsAre(Record{RecordType::kA, "203.0.113.10"},
                                                     Record{RecordType::kA, "203.0.113.9"},
                                                     Record{RecordType::kAaaa, "2001:db8::10"}));
}

TEST(ServiceSettingsTest, SortsTheRecordsOfTheEdgeLikewise) {
  config::Service web = Web();
  web.edge_records = {{RecordType::kAaaa, "2001:db8::1"}, {RecordType::kA, "192.0.2.1"}};
  EXPECT_THAT(
      ServiceSettingsOf(Installation(), web).edge_records,
      ElementsAre(Record{RecordType::kA, "192.0.2.1"}, Record{RecordType::kAaaa, "2001:db8::1"}));
}

// A failing name is no reason to move by a lever that writes the very zone which fails.
TEST(ServiceSettingsTest, KnowsWhetherByNameResolvesInTheZoneThatALeverWrites) {
  const struct {
    const char* what;
    Records records;
    std::string shadow;
    std::vector<std::string> levers;
    bool in_zone;
  } kCases[] = {
      {"a CNAME at the provider's", {kAtCdn}, "", {"own"}, false},
      {"a CNAME in the zone", {kInZone}, "", {"own"}, true},
      {"in the zone of another lever", {kInZone}, "", {"other"}, false},
      {"in that of one of two levers", {kInZone}, "", {"other", "own"}, true},
      {"the apex itself", {{RecordType::kCname, "example.net."}}, "", {"own"}, true},
      {"a name that only ends alike",
       {{RecordType::kCname, "an-example.net."}},
       "",
       {"own"},
       false},
      {"a shadow in the zone, the CNAME elsewhere", {kAtCdn}, "s.example.net", {"own"}, true},
      {"a shadow elsewhere, the CNAME in the zone", {kInZone}, "s.cdn.test", {"own"}, false},
      {"addresses, which nobody resolves", {{RecordType::kA, "192.0.2.1"}}, "", {"own"}, false},
  };
  for (const auto& one : kCases) {
    config::Service web = Web();
    web.edge_records = one.records;
    web.edge_shadow = one.shadow;
    web.levers = one.levers;
    EXPECT_EQ(ServiceSettingsOf(Installation(), web).edge_name_in_lever_zone, one.in_zone)
        << one.what;
  }
}

TEST(ServiceSettingsTest, AServiceWithoutExitsHasNone) {
  config::Service web = Web();
  web.exits.clear();
  EXPECT_THAT(ServiceSettingsOf(Installation(), web).exits, IsEmpty());
}

}  // namespace
}  // namespace lifeboat
