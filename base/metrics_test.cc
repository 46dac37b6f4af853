#include "base/metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameSeries) {
  prometheus::Registry registry;
  Counter(registry, "lifeboat_tests_total", "Tests.", {{"kind", "unit"}}).Increment();
  Counter(registry, "lifeboat_tests_total", "Tests.", {{"kind", "unit"}}).Increment();
  Counter(registry, "lifeboat_tests_total", "Tests.", {{"kind", "e2e"}}).Increment();
  const std::string text = MetricsText(registry);
  EXPECT_THAT(text, HasSubstr("# TYPE lifeboat_tests_total counter"));
  EXPECT_THAT(text, HasSubstr("lifeboat_tests_total{kind=\"unit\"} 2"));
  EXPECT_THAT(text, HasSubstr("lifeboat_tests_total{kind=\"e2e\"} 1"));
}

TEST(MetricsTest, GaugesAndHistogramsShow) {
  prometheus::Registry registry;
  Gauge(registry, "lifeboat_agents", "Agents connected.").Set(3);
  Histogram(registry, "lifeboat_call_seconds", "Calls.", {0.1, 1}).Observe(0.5);
  const std::string text = MetricsText(registry);
  EXPECT_THAT(text, HasSubstr("lifeboat_agents 3"));
  EXPECT_THAT(text, HasSubstr("lifeboat_call_seconds_bucket{le=\"0.1\"} 0"));
  EXPECT_THAT(text, HasSubstr("lifeboat_call_seconds_bucket{le=\"1\"} 1"));
}

}  // namespace
}  // namespace lifeboat
