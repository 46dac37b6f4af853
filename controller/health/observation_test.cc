#include "controller/health/observation.h"

#include <gtest/gtest.h>

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

pb::Observation Good() {
  pb::Observation observation;
  observation.set_target(1);
  observation.set_class_(pb::PROBE_CLASS_HTTP_EDGE);
  observation.set_http_status(502);
  observation.set_ended_boottime_us(5'000'000);
  observation.set_total_us(41'000);
  observation.set_address(std::string("\xc0\x00\x02\x01", 4));
  observation.set_certificate_not_after(1'800'000'000);
  return observation;
}

TEST(ObservationTest, ReadsWhatMakesSense) {
  const auto seen = FromProto(Good());
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ(seen->probe_class, ProbeClass::kHttpEdge);
  EXPECT_EQ(seen->http_status, 502);
  EXPECT_EQ(seen->latency, absl::Milliseconds(41));
  EXPECT_EQ(seen->ended, absl::Seconds(5));
  EXPECT_EQ(seen->address, "192.0.2.1");
  EXPECT_EQ(seen->certificate_not_after, absl::FromUnixSeconds(1'800'000'000));
}

TEST(ObservationTest, RefusesWhatMakesNone) {
  pb::Observation forgotten = Good();
  forgotten.clear_class_();
  pb::Observation unknown = Good();
  unknown.set_class_(static_cast<pb::ProbeClass>(99));
  pb::Observation before_boot = Good();
  before_boot.set_ended_boottime_us(-1);
  pb::Observation no_status = Good();
  no_status.clear_http_status();
  pb::Observation odd_status = Good();
  odd_status.set_http_status(77);
  pb::Observation odd_address = Good();
  odd_address.set_address("12345");
  pb::Observation verbose = Good();
  verbose.set_detail(std::string(1001, 'x'));
  for (const pb::Observation& observation :
       {forgotten, unknown, before_boot, no_status, odd_status, odd_address, verbose}) {
    EXPECT_FALSE(FromProto(observation).ok()) << observation.ShortDebugString();
  }
}

}  // namespace
}  // namespace lifeboat
