#include "controller/config/filter_reader.h"

#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/health/preset.h"

namespace lifeboat::config {
namespace {

constexpr int kLargestWindow = 64;  // KOfN::n
constexpr int kMostReversals = 8;   // OscillationRule::reversals
constexpr int kHalfLivesKept = 8;   // what LeakyFilter remembers
constexpr absl::Duration kLongRecovery = absl::Minutes(10);

int ReadCount(const Reading& reading, const std::string& key, uint32_t count, int fallback,
              int most) {
  if (count == 0 && !reading.findings.Given(key)) return fallback;
  if (count >= 1 && count <= static_cast<uint32_t>(most)) return static_cast<int>(count);
  reading.findings.Error(key, absl::StrCat(count, " is not between 1 and ", most));
  return fallback;
}

absl::Duration ReadPeriod(const Reading& reading, const std::string& key, bool given,
                          const google::protobuf::Duration& proto, absl::Duration fallback) {
  if (!given) return fallback;
  const absl::Duration period = ToDuration(proto);
  if (period > absl::ZeroDuration() && period <= absl::Hours(24)) return period;
  reading.findings.Error(key,
                         absl::StrCat(DurationText(period), " is not above 0s and at most 24h"));
  return fallback;
}

double ReadFraction(const Reading& reading, const std::string& key, double fraction,
                    double fallback) {
  if (fraction == 0 && !reading.findings.Given(key)) return fallback;
  if (fraction > 0 && fraction <= 1) return fraction;
  reading.findings.Error(key, absl::StrCat(fraction, " is not above 0 and at most 1"));
  return fallback;
}

KOfN ReadKOfN(const Reading& reading, const std::string& key, const v1::KOfNConfig& proto) {
  KOfN rule;
  rule.n = ReadCount(reading, Key(key, "n"), proto.n(), 4, kLargestWindow);
  rule.k = ReadCount(reading, Key(key, "k"), proto.k(), 3, kLargestWindow);
  rule.recover = ReadCount(reading, Key(key, "recover"), proto.recover(), rule.n, 1000);
  if (rule.k > rule.n) {
    reading.findings.Error(
        Key(key, reading.findings.Given(Key(key, "k")) ? "k" : "n"),
        absl::StrCat("k ", rule.k, " of n ", rule.n, " can never be reached: k is at most n"));
  }
  return rule;
}

Run ReadRun(const Reading& reading, const std::string& key, const v1::RunConfig& proto) {
  return {.fall = ReadCount(reading, Key(key, "fall"), proto.fall(), 3, 1000),
          .rise = ReadCount(reading, Key(key, "rise"), proto.rise(), 3, 1000)};
}

Rate ReadRate(const Reading& reading, const std::string& key, const v1::RateConfig& proto,
              absl::Duration interval) {
  Rate rule;
  rule.window =
      ReadPeriod(reading, Key(key, "window"), proto.has_window(), proto.window(), rule.window);
  rule.minimum = ReadCount(reading, Key(key, "minimum"), proto.minimum(), rule.minimum, 1000);
  rule.threshold = ReadFraction(reading, Key(key, "threshold"), proto.threshold(), rule.threshold);
  // One may be late or lost, and the window slides by sixteenths.
  if ((rule.minimum + 1) * interval > rule.window * 15 / 16) {
    reading.findings.Error(
        Key(key, reading.findings.Given(Key(key, "minimum")) ? "minimum" : "window"),
        absl::StrCat("with one probe each ", DurationText(interval), " a window of ",
                     DurationText(rule.window), " hardly ever holds ", rule.minimum,
                     " results; widen the window, or lower minimum"));
  }
  return rule;
}

Leaky ReadLeaky(const Reading& reading, const std::string& key, const v1::LeakyConfig& proto,
                absl::Duration interval) {
  Leaky rule;
  rule.half_life = ReadPeriod(reading, Key(key, "half_life"), proto.has_half_life(),
                              proto.half_life(), rule.half_life);
  rule.trip = ReadFraction(reading, Key(key, "trip"), proto.trip(), rule.trip);
  rule.clear = ReadFraction(reading, Key(key, "clear"), proto.clear(), rule.clear);
  if (rule.clear >= rule.trip) {
    reading.findings.Error(Key(key, reading.findings.Given(Key(key, "clear")) ? "clear" : "trip"),
                           absl::StrCat("clear ", rule.clear, " is not below trip ", rule.trip));
  }
  if (2 * interval > kHalfLivesKept * rule.half_life) {
    reading.findings.Error(
        Key(key, "half_life"),
        absl::StrCat("half_life ", DurationText(rule.half_life), " forgets each result before the ",
                     "next but one comes, with one probe each ", DurationText(interval)));
  }
  const absl::Duration recovery = rule.half_life * std::log2(1 / rule.clear);
  if (recovery > kLongRecovery) {
    reading.findings.Warning(
        Key(key, reading.findings.Given(Key(key, "clear")) ? "clear" : "half_life"),
        absl::StrCat("after an outage of every probe this stays DOWN for ",
                     DurationText(absl::Trunc(recovery, absl::Seconds(1))),
                     " of good ones; raise clear or lower ", "half_life"));
  }
  return rule;
}

HealthRule ReadPreset(const Reading& reading, const std::string& key, const std::string& name) {
  if (const std::optional<HealthRule> rule = Preset(name)) return *rule;
  reading.findings.Error(
      key, absl::StrCat("there is no preset \"", name, "\"", DidYouMean(name, PresetNames()),
                        "; there are ", absl::StrJoin(PresetNames(), ", ")));
  return {};
}

HealthRule ReadFilter(const Reading& reading, const std::string& key, const v1::FilterConfig& proto,
                      absl::Duration interval) {
  HealthRule rule;
  switch (proto.filter_case()) {
    case v1::FilterConfig::kPreset:
      return ReadPreset(reading, Key(key, "preset"), proto.preset());
    case v1::FilterConfig::kRun:
      rule.filter = ReadRun(reading, Key(key, "run"), proto.run());
      return rule;
    case v1::FilterConfig::kRate:
      rule.filter = ReadRate(reading, Key(key, "rate"), proto.rate(), interval);
      return rule;
    case v1::FilterConfig::kLeaky:
      rule.filter = ReadLeaky(reading, Key(key, "leaky"), proto.leaky(), interval);
      return rule;
    case v1::FilterConfig::kKOfN:
    case v1::FilterConfig::FILTER_NOT_SET:
      rule.filter = ReadKOfN(reading, Key(key, "k_of_n"), proto.k_of_n());
      return rule;
  }
  return rule;
}

OscillationRule ReadOscillation(const Reading& reading, const std::string& key,
                                const v1::OscillationConfig& proto) {
  OscillationRule rule;
  rule.window =
      ReadPeriod(reading, Key(key, "window"), proto.has_window(), proto.window(), rule.window);
  rule.min_phase = ReadPeriod(reading, Key(key, "min_phase"), proto.has_min_phase(),
                              proto.min_phase(), rule.min_phase);
  rule.reversals =
      ReadCount(reading, Key(key, "reversals"), proto.reversals(), rule.reversals, kMostReversals);
  if (rule.reversals * rule.min_phase > rule.window) {
    reading.findings.Error(
        Key(key, reading.findings.Given(Key(key, "min_phase")) ? "min_phase" : "window"),
        absl::StrCat("a window of ", DurationText(rule.window), " can never hold ", rule.reversals,
                     " phases of ", DurationText(rule.min_phase), " or more"));
  }
  return rule;
}

}  // namespace

HealthRule ReadHealthRule(const Reading& reading, const std::string& key,
                          const v1::ServiceConfig& service, absl::Duration interval) {
  HealthRule rule = ReadFilter(reading, Key(key, "filter"), service.filter(), interval);
  rule.oscillation = ReadOscillation(reading, Key(key, "oscillation"), service.oscillation());
  return rule;
}

}  // namespace lifeboat::config
