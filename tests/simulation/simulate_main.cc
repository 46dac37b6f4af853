#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/simulation/course.h"

namespace lifeboat {
namespace {

constexpr char kUsage[] =
    R"(Simulates whole installations on virtual time, and looks whether a promise breaks.

simulate [--seeds=N] [--first=K] [--days=D] [--mix=calm|noise|clear|storm|all]
         [--stop-at-first] [--digest] [--trace=SEED] [--ordinary]

Each seed is one course of --days (0.25) days. With --mix=all (the default) half of the seeds are
storms, the rest noise and clear failures. --digest prints a number over everything that was told:
the same on every run. --trace prints what is told of one seed. --ordinary simulates one service
with six vantages at the configuration's defaults, to measure the speed.
)";

struct Options {
  uint64_t seeds = 20;
  uint64_t first = 1;
  double days = 0.25;
  std::optional<Mix> mix;  // none: all
  bool stop_at_first = false;
  bool digest = false;
  bool ordinary = false;
  std::optional<uint64_t> trace;
};

struct Sum {
  uint64_t seeds = 0;
  uint64_t violations = 0;
  uint64_t failed = 0;
  uint64_t noise_seeds = 0;
  int moves = 0, moves_by_itself = 0, false_failovers = 0;
  double service_days = 0, days = 0, noise_days = 0;
  uint64_t observations = 0;
  uint64_t digest = 0;
};

bool Take(absl::string_view argument, Options& options) {
  if (absl::ConsumePrefix(&argument, "--seeds=")) return absl::SimpleAtoi(argument, &options.seeds);
  if (absl::ConsumePrefix(&argument, "--first=")) return absl::SimpleAtoi(argument, &options.first);
  if (absl::ConsumePrefix(&argument, "--days=")) {
    return absl::SimpleAtod(argument, &options.days) && options.days > 0;
  }
  if (absl::ConsumePrefix(&argument, "--trace=")) {
    return absl::SimpleAtoi(argument, &options.trace.emplace());
  }
  if (absl::ConsumePrefix(&argument, "--mix=")) {
    options.mix = ParseMix(argument);
    return options.mix.has_value() || argument == "all";
  }
  if (argument == "--stop-at-first") return options.stop_at_first = true;
  if (argument == "--digest") return options.digest = true;
  if (argument == "--ordinary") return options.ordinary = true;
  return false;
}

Mix MixOf(const Options& options, uint64_t seed) {
  if (options.ordinary) return Mix::kCalm;
  if (options.mix) return *options.mix;
  if (seed % 8 == 1) return Mix::kNoise;
  return seed % 8 == 3 || seed % 8 == 6 ? Mix::kClear : Mix::kStorm;
}

void Simulate(const Options& options, uint64_t seed, bool trace, Sum& sum) {
  const Mix mix = MixOf(options, seed);
  const CourseResult result = RunCourse({.seed = seed,
                                         .mix = mix,
                                         .days = options.days * absl::Hours(24),
                                         .digests = options.digest,
                                         .trace = trace,
                                         .ordinary = options.ordinary});
  for (const std::string& violation : result.violations) {
    std::printf("seed %" PRIu64 ": %s\n", seed, violation.c_str());
  }
  if (!result.violations.empty()) {
    ++sum.failed;
    std::printf("  again: tests/simulation/run --seeds=1 --first=%" PRIu64
                " --days=%g --mix=%s --trace=%" PRIu64 "\n",
                seed, options.days, std::string(MixName(mix)).c_str(), seed);
  }
  ++sum.seeds;
  sum.violations += result.violations.size();
  sum.moves += result.moves;
  sum.moves_by_itself += result.moves_by_itself;
  sum.service_days += result.service_days;
  sum.observations += result.observations;
  sum.digest = (sum.digest ^ result.digest) * 1099511628211u;
  if (mix == Mix::kNoise) {
    ++sum.noise_seeds;
    sum.noise_days += result.service_days;
    sum.false_failovers += result.moves_by_itself;
  }
}

void Print(const Options& options, const Sum& sum, double seconds) {
  std::printf("%" PRIu64
              " seeds, %.1f service-days in %.1f s of one core: %.0f x real time, %.2f "
              "million observations a second\n",
              sum.seeds, sum.service_days, seconds, sum.service_days * 86400 / seconds,
              static_cast<double>(sum.observations) / seconds / 1e6);
  std::printf(
      "%d moves, %d of them by themselves; %d false failovers over %.1f service-days of "
      "noise\n",
      sum.moves, sum.moves_by_itself, sum.false_failovers, sum.noise_days);
  std::printf("%" PRIu64 " invariant violations in %" PRIu64 " seeds\n", sum.violations,
              sum.failed);
  if (options.digest) std::printf("digest %016" PRIx64 "\n", sum.digest);
}

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (Take(argv[i], options)) continue;
    std::fprintf(stderr, "simulate: \"%s\" is not understood\n\n%s", argv[i], kUsage);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Sum sum;
  const std::clock_t began = std::clock();
  const uint64_t first = options.trace.value_or(options.first);
  const uint64_t seeds = options.trace ? 1 : options.seeds;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    Simulate(options, seed, options.trace.has_value(), sum);
    if (sum.failed > 0 && options.stop_at_first) break;
  }
  // Of the processor, not of the wall: others may be at work here.
  const double took = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  Print(options, sum, took);
  return sum.failed > 0 ? 1 : 0;
}

}  // namespace
}  // namespace lifeboat

int main(int argc, char** argv) { return lifeboat::Main(argc, argv); }
