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

pb::Observation Of(pb::ProbeClass probe_class, uint32_t status) {
  pb::Observation observation;
  observation.set_target(1);
  observation.set_class_(probe_class);
  observation.set_http_status(status);
  return observation;
}

TEST(ObservationTest, RefusesAClassThatItsOwnFieldsGainsay) {
  const struct {
    pb::ProbeClass probe_class;
    uint32_t status, connect_us, first_byte_us;
    const char* address;
    bool taken;
  } kCases[] = {
      {pb::PROBE_CLASS_OK, 200, 900, 4000, "", true},
      {pb::PROBE_CLASS_OK, 0, 900, 0, "", true},  // TCP
      {pb::PROBE_CLASS_HTTP_EDGE, 0, 900, 4000, "", false},
      {pb::PROBE_CLASS_HTTP_ORIGIN, 0, 900, 4000, "", false},
      {pb::PROBE_CLASS_REFUSED, 0, 900, 4000, "", false},
      {pb::PROBE_CLASS_REFUSED, 302, 900, 4000, "", true},  // to a login
      {pb::PROBE_CLASS_BAD_BODY, 0, 900, 4000, "", false},
      {pb::PROBE_CLASS_BAD_BODY, 200, 900, 4000, "", true},
      {pb::PROBE_CLASS_TIMEOUT_CONNECT, 0, 0, 0, "\x7f\1\1\1", true},
      {pb::PROBE_CLASS_TIMEOUT_CONNECT, 200, 0, 0, "", false},
      {pb::PROBE_CLASS_TIMEOUT_CONNECT, 0, 0, 4000, "", false},
      {pb::PROBE_CLASS_TIMEOUT_READ, 200, 900, 4000, "", true},  // broken off after its head
      {pb::PROBE_CLASS_TIMEOUT_READ, 0, 900, 0, "", true},
      {pb::PROBE_CLASS_RESET, 200, 900, 4000, "", true},  // likewise
      {pb::PROBE_CLASS_RESET, 0, 0, 0, "", true},
      {pb::PROBE_CLASS_TLS, 0, 900, 0, "", true},
      {pb::PROBE_CLASS_TLS, 502, 900, 4000, "", false},
      {pb::PROBE_CLASS_DNS, 0, 0, 0, "", true},
      {pb::PROBE_CLASS_DNS, 0, 0, 0, "\x7f\1\1\1", false},
      {pb::PROBE_CLASS_DNS, 200, 900, 4000, "", false},
  };
  for (const auto& c : kCases) {
    pb::Observation observation = Of(c.probe_class, c.status);
    observation.set_connect_us(c.connect_us);
    observation.set_first_byte_us(c.first_byte_us);
    observation.set_address(c.address);
    const auto seen = FromProto(observation);
    EXPECT_EQ(seen.ok(), c.taken) << observation.ShortDebugString() << " " << seen.status();
  }
}

TEST(ObservationTest, ReadsTheAnswerToAnEcho) {
  EXPECT_FALSE(FromProto(Good())->answer.has_value());
  pb::Observation observation = Good();
  observation.mutable_echo()->add_seeds(std::string(32, 'a'));
  observation.mutable_echo()->set_counter(7);
  auto answer = FromProto(observation)->answer;
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->counter, 7u);
  EXPECT_EQ(answer->seeds.at(0)[31], 'a');
  EXPECT_FALSE(answer->mac.has_value());
  observation.mutable_echo()->set_mac(std::string(32, 'b'));
  EXPECT_EQ(FromProto(observation)->answer->mac.value()[0], 'b');
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
  pb::Observation odd_seed = Good();
  odd_seed.mutable_echo()->add_seeds("short");
  pb::Observation odd_mac = Good();
  odd_mac.mutable_echo()->set_mac(std::string(31, 'x'));
  pb::Observation many_seeds = Good();
  for (int i = 0; i < 65; ++i) many_seeds.mutable_echo()->add_seeds(std::string(32, 'x'));
  for (const pb::Observation& observation :
       {odd_seed, odd_mac, many_seeds, forgotten, unknown, before_boot, no_status, odd_status,
        odd_address, verbose}) {
    EXPECT_FALSE(FromProto(observation).ok()) << observation.ShortDebugString();
  }
}

}  // namespace
}  // namespace lifeboat
