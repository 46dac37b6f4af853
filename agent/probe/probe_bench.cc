// What a probe costs: `bazel run //agent/probe:probe_bench`. A closed loop of probes on fresh
// connections to a server in this process, by the CPU time of the loop's thread alone; then the
// bytes of idle targets.
#include <malloc.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/probe/prober.h"
#include "agent/probe/testing/fake_web_server.h"
#include "base/testing/capture_log.h"

namespace lifeboat::agent {
namespace {

constexpr int kAtOnce = 16;
constexpr int kTargets = 10000;

struct NoSink final : ObservationSink {
  void OnObservation(const Subscription&, const Observation&) override {}
};

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Keeps kAtOnce transfers going for a while and prints their rate.
template <typename Start>
void Measure(const char* what, EventLoop& loop, const Start& start) {
  int ended = 0;
  int failed = 0;
  std::function<void(const WireResult&)> again = [&](const WireResult& result) {
    ++ended;
    failed += result.end.transport != Transport::kComplete;
    start(again);
  };
  for (int i = 0; i < kAtOnce; ++i) start(again);
  const Instant begin = loop.Now();
  const double cpu = CpuSeconds();
  loop.At(begin + absl::Seconds(5), [&] { loop.Stop(); });
  loop.Run();
  const double wall = absl::ToDoubleSeconds(loop.Now() - begin);
  std::printf("%-6s %8.0f probes/s, %8.0f probes/s a core of the agent, %d failed\n", what,
              ended / wall, ended / (CpuSeconds() - cpu), failed);
}

void MeasureHttp() {
  const SystemClock clock;
  const FakeWebServer server(
      FakeWebServer::Answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), nullptr, 1024);
  EventLoop loop(clock);
  CurlMulti multi(loop);
  HttpProbes http(multi, clock);
  const HttpSpec spec{.url = "http://app.test/", .expect_status = {{200, 299}}};
  const WireRequest request{server.endpoint(), std::nullopt, absl::Seconds(5)};
  Measure("http", loop, [&](const auto& done) { (void)http.Start(spec, request, done); });
}

void MeasureTcp() {
  const SystemClock clock;
  const FakeWebServer server([](FakeWebConnection&) { return FakeWebServer::After::kClose; },
                             nullptr, 1024);
  EventLoop loop(clock);
  TcpProbes tcp(loop);
  const WireRequest request{server.endpoint(), std::nullopt, absl::Seconds(5)};
  Measure("tcp", loop, [&](const auto& done) { tcp.Start(request, done); });
}

void MeasureIdle() {
  const SystemClock clock;
  EventLoop loop(clock);
  CurlMulti multi(loop);
  std::mt19937 random(1);
  prometheus::Registry registry;
  Metrics metrics(registry);
  CaptureLog log;
  NoSink sink;
  Prober prober(loop, multi, clock, random, sink, metrics, log);
  std::vector<NumberedSpec> wanted;
  for (uint32_t i = 0; i < kTargets; ++i) {
    ProbeSpec spec{.interval = absl::Hours(1),
                   .timeout = absl::Seconds(1),
                   .name = absl::StrCat("service-", i, ".customer.example.net"),
                   .resolvers = {Endpoint{}, Endpoint{}},
                   .port = 443};
    spec.http = HttpSpec{.url = absl::StrCat("https://", spec.name, "/healthz"),
                         .expect_status = {{200, 299}}};
    wanted.push_back({i, spec});
  }
  const size_t before = mallinfo2().uordblks;
  prober.Assign(0, 1, std::vector<NumberedSpec>(wanted));
  const size_t bytes = mallinfo2().uordblks - before;
  std::printf("idle   %8zu bytes a target, of %d\n", bytes / kTargets, kTargets);
}

}  // namespace
}  // namespace lifeboat::agent

int main() {
  lifeboat::agent::MeasureHttp();
  lifeboat::agent::MeasureTcp();
  lifeboat::agent::MeasureIdle();
}
