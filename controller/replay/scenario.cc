#include "controller/replay/scenario.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/yaml_document.h"
#include "controller/config/policy_file.h"
#include "controller/config/values.h"

namespace lifeboat {
namespace {

using config::Key;
using config::ToDuration;

const std::vector<std::string> kSymptoms = {"HTTP_EDGE",    "HTTP_ORIGIN", "TIMEOUT_CONNECT",
                                            "TIMEOUT_READ", "RESET",       "TLS",
                                            "DNS",          "REFUSED",     "BAD_BODY"};
const std::vector<std::string> kApiStates = {"OK",    "ERR",          "DOWN", "FROZEN",
                                             "LOGIN", "UNAUTHORIZED", "LIES"};
const std::vector<std::string> kWords = {
    "FAILOVER",    "INTENT",  "PENDING",  "HOLD",     "CANCEL",       "ALARM_LEVER",
    "DEGRADED",    "DOWN",    "BLIND",    "ABSTAIN",  "OSCILLATING",  "FAILBACK_OFFERED",
    "APPLIED",     "STALE",   "DRIFT",    "FAILBACK", "NOTIFICATION", "LEVER_CALL",
    "ATTRIBUTION", "AMNESIA", "LEVER_OK", "REFUSED"};
constexpr absl::Duration kLongestRun = absl::Hours(30 * 24);
constexpr int64_t kMostRows = 100000;  // repetitions among them
constexpr double kMostWeight = 1e6;
constexpr double kMostSlow = 1000;
constexpr absl::Duration kMostLag = absl::Hours(1);
constexpr absl::Duration kLongestTtl = absl::Hours(24);

class Checker {
 public:
  Checker(YamlDocument& document, v1::Scenario& said) : document_(document), said_(said) {}

  void Check() {
    FillFleet();
    CheckSpans();
    if (said_.title().empty()) Error("title", "a scenario wants a title");
    absl::Duration last;
    for (int i = 0; i < said_.timeline_size(); ++i) {
      const absl::Duration at = ToDuration(said_.timeline(i).at());
      const std::string key = Key("timeline", i);
      if (at < last) Error(Key(key, "at"), "rows go in the order of time: this one is earlier");
      CheckMoment(Key(key, "at"), at);
      last = std::max(last, at);
      CheckRow(key, said_.timeline(i));
    }
    if (said_.timeline_size() == 0) Error("timeline", "nothing happens: timeline has no rows");
    for (int i = 0; i < said_.expect_size(); ++i) CheckExpectation(Key("expect", i), i);
  }

 private:
  void Error(absl::string_view key, absl::string_view words) { document_.Error(key, words); }

  void CheckNew(const std::string& key, absl::string_view kind, const std::string& name) {
    if (names_.insert(absl::StrCat(kind, " ", name)).second) return;
    Error(key, absl::StrCat("there are two of ", kind, " \"", name, "\""));
  }

  void CheckMoment(const std::string& key, absl::Duration at) {
    if (at <= kLongestRun) return;
    Error(key, absl::StrCat(config::DurationText(at), " is after the longest run, ",
                            config::DurationText(kLongestRun)));
  }

  // A span that may be nothing.
  void CheckSpan(const std::string& key, const google::protobuf::Duration& span,
                 absl::Duration most) {
    if (ToDuration(span) >= absl::ZeroDuration() && ToDuration(span) <= most) return;
    Error(key, absl::StrCat(config::DurationText(ToDuration(span)), " is not between 0s and ",
                            config::DurationText(most)));
  }

  void CheckSpans() {
    const auto check = [this](absl::string_view key, bool given, absl::Duration span,
                              absl::Duration most) {
      if (!given || (span > absl::ZeroDuration() && span <= most)) return;
      Error(key, absl::StrCat(config::DurationText(span), " is not above 0s and at most ",
                              config::DurationText(most)));
    };
    check("runs_for", said_.has_runs_for(), ToDuration(said_.runs_for()), kLongestRun);
    check("canary", said_.has_canary(), ToDuration(said_.canary()), absl::Hours(1));
    check("ttl", said_.has_ttl(), ToDuration(said_.ttl()), kLongestTtl);
    CheckSpan("servers_behind", said_.servers_behind(), kMostLag);
    for (int i = 0; i < said_.maintenance_size(); ++i) {
      const v1::ScenarioMaintenance& window = said_.maintenance(i);
      CheckMoment(Key(Key("maintenance", i), "until"), ToDuration(window.until()));
      if (ToDuration(window.until()) > ToDuration(window.from())) continue;
      Error(Key(Key("maintenance", i), "until"), "a window ends after it begins");
    }
  }

  void FillFleet() {
    if (said_.vantages_size() == 0) {
      struct Default {
        const char *name, *country, *continent;
        uint32_t asn;
      };
      for (const Default& one :
           {Default{"fra", "DE", "EU", 24940}, Default{"lon", "GB", "EU", 20473},
            Default{"nyc", "US", "NA", 14061}, Default{"sfo", "US", "NA", 63949},
            Default{"sin", "SG", "AS", 20473}, Default{"tyo", "JP", "AS", 14061}}) {
        v1::ScenarioVantage& vantage = *said_.add_vantages();
        vantage.set_name(one.name);
        vantage.set_asn(one.asn);
        vantage.set_country(one.country);
        vantage.set_continent(one.continent);
      }
    }
    for (int i = 0; i < said_.vantages_size(); ++i) {
      v1::ScenarioVantage& vantage = *said_.mutable_vantages(i);
      const std::string key = Key("vantages", i);
      if (vantage.weight() == 0 && !document_.Given(Key(key, "weight"))) vantage.set_weight(1);
      if (!(vantage.weight() > 0 && vantage.weight() <= kMostWeight)) {
        Error(Key(key, "weight"), "weight must be above 0 and at most 1000000");
      }
      if (vantage.asn() == 0)
        Error(key, "a vantage wants an asn: the network that it watches from");
      if (vantage.name().empty()) Error(key, "a vantage wants a name");
      CheckNew(key, "vantage", vantage.name());
    }
    if (said_.services_size() == 0) said_.add_services()->set_name("web");
    for (int i = 0; i < said_.services_size(); ++i) {
      CheckNew(Key("services", i), "service", said_.services(i).name());
    }
    for (int i = 0; i < said_.levers_size(); ++i) {
      CheckNew(Key("levers", i), "lever", said_.levers(i).name());
    }
    if (said_.exits() == 0) said_.set_exits(1);
    if (said_.servers() == 0) said_.set_servers(4);
    if (said_.controllers() == 0) said_.set_controllers(1);
    for (const auto& [key, value] :
         {std::pair("exits", said_.exits()), std::pair("servers", said_.servers()),
          std::pair("controllers", said_.controllers())}) {
      if (value > 9) Error(key, absl::StrCat(value, " is not between 1 and 9"));
    }
  }

  void CheckShare(const std::string& key, double value) {
    if (!(value >= 0 && value <= 1)) Error(key, absl::StrCat(value, " is not between 0 and 1"));
  }

  void CheckVantage(const std::string& key, const std::string& name) {
    const auto& all = said_.vantages();
    if (std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name() == name; })) {
      return;
    }
    Error(key, absl::StrCat("there is no vantage \"", name, "\""));
  }

  void CheckWord(const std::string& key, const std::string& word,
                 const std::vector<std::string>& known) {
    if (std::count(known.begin(), known.end(), word) > 0) return;
    std::string all;
    for (const std::string& one : known) absl::StrAppend(&all, all.empty() ? "" : ", ", one);
    Error(key, absl::StrCat("\"", word, "\" is none of ", all, config::DidYouMean(word, known)));
  }

  void CheckEdge(const std::string& key, const v1::ScenarioEdge& edge) {
    CheckShare(Key(key, "frac"), edge.frac());
    CheckShare(Key(key, "p_err"), edge.p_err());
    CheckShare(Key(key, "to_p_err"), edge.to_p_err());
    if (document_.Given(Key(key, "slow")) && !(edge.slow() >= 1 && edge.slow() <= kMostSlow)) {
      Error(Key(key, "slow"), absl::StrCat("slow multiplies: at least 1, at most ", kMostSlow));
    }
    CheckSpan(Key(key, "ramp"), edge.ramp(), kLongestRun);
    const bool fails = edge.p_err() > 0 || edge.to_p_err() > 0;
    const bool lists = edge.vantages_size() > 0 || edge.continents_size() > 0;
    if (fails && edge.symptoms_size() == 0) {
      Error(key, absl::StrCat(edge.p_err() > 0 ? "p_err" : "to_p_err",
                              " without symptoms: say how a failing probe ends"));
    }
    if (fails && !lists && !(edge.frac() > 0)) {
      Error(key, "nobody is affected: say frac, vantages or continents");
    }
    if (lists && document_.Given(Key(key, "frac"))) {
      Error(Key(key, "frac"), "frac, or vantages and continents: not both");
    }
    if (document_.Given(Key(key, "to_p_err")) && ToDuration(edge.ramp()) <= absl::ZeroDuration()) {
      Error(Key(key, "to_p_err"), "to_p_err without ramp: say within how long p_err moves there");
    }
    for (int i = 0; i < edge.symptoms_size(); ++i) {
      CheckWord(Key(Key(Key(key, "symptoms"), i), "what"), edge.symptoms(i).what(), kSymptoms);
    }
    for (int i = 0; i < edge.vantages_size(); ++i) {
      CheckVantage(Key(Key(key, "vantages"), i), edge.vantages(i));
    }
    for (int i = 0; i < edge.continents_size(); ++i) {
      const auto& all = said_.vantages();
      const bool known = std::any_of(all.begin(), all.end(), [&](const auto& one) {
        return one.continent() == edge.continents(i);
      });
      if (!known) Error(Key(Key(key, "continents"), i), "no vantage is there");
    }
  }

  void CheckRow(const std::string& key, const v1::ScenarioRow& row) {
    if (row.has_edge()) CheckEdge(Key(key, "edge"), row.edge());
    if (row.has_api()) {
      CheckWord(Key(key, "api.state"), row.api().state(), kApiStates);
      CheckShare(Key(key, "api.p"), row.api().p());
      if (row.api().state() == "ERR" && !document_.Given(Key(key, "api.p"))) {
        Error(Key(key, "api"), "ERR without p: how likely a call fails");
      }
    }
    for (int i = 0; i < row.exits_size(); ++i) {
      if (row.exits(i).number() > said_.exits()) Error(Key(Key(key, "exits"), i), "no such exit");
    }
    for (int i = 0; i < row.servers_size(); ++i) {
      const uint32_t number = row.servers(i).number();
      if (number < 1 || number > said_.servers()) {
        Error(Key(Key(key, "servers"), i), absl::StrCat("there is no server ", number));
      }
      CheckSpan(Key(Key(Key(key, "servers"), i), "keeps_old_for"), row.servers(i).keeps_old_for(),
                kLongestRun);
    }
    for (int i = 0; i < row.agents_size(); ++i) {
      const std::string agent = Key(Key(key, "agents"), i);
      CheckVantage(Key(agent, "vantage"), row.agents(i).vantage());
      CheckSpan(Key(agent, "lag"), row.agents(i).lag(), kMostLag);
      CheckSpan(Key(agent, "clock_jump"), row.agents(i).clock_jump(), kLongestRun);
      CheckShare(Key(agent, "dns_fails"), row.agents(i).dns_fails());
    }
    if (row.has_cut()) {
      const uint32_t number = row.cut().controller();
      if (number < 1 || number > said_.controllers()) {
        Error(Key(key, "cut.controller"), absl::StrCat("there is no controller ", number));
      }
      for (int i = 0; i < row.cut().vantages_size(); ++i) {
        CheckVantage(Key(Key(key, "cut.vantages"), i), row.cut().vantages(i));
      }
    }
    const int64_t before = std::exchange(rows_, rows_ + 1);
    if (row.has_repeat()) CheckRepeat(key, ToDuration(row.at()), row.repeat());
    if (before <= kMostRows && rows_ > kMostRows) {
      Error(Key(key, "repeat"), absl::StrCat("with it there are more than ", kMostRows,
                                             " rows, each repetition counted"));
    }
  }

  void CheckRepeat(const std::string& key, absl::Duration at, const v1::ScenarioRepeat& repeat) {
    const absl::Duration every = ToDuration(repeat.every());
    const absl::Duration until = ToDuration(repeat.until());
    CheckMoment(Key(key, "repeat.until"), until);
    if (every < absl::Seconds(1)) Error(Key(key, "repeat.every"), "every must be at least 1s");
    if (!repeat.has_until()) Error(Key(key, "repeat"), "repeat without until: say when it ends");
    if (every < absl::Seconds(1) || at < absl::ZeroDuration() || until <= at ||
        until > kLongestRun) {
      return;
    }
    absl::Duration rest;
    rows_ += absl::IDivDuration(until - at - absl::Nanoseconds(1), every, &rest);
  }

  void CheckService(const std::string& key, const std::string& name) {
    std::vector<std::string> known;
    for (const v1::ScenarioService& one : said_.services()) known.push_back(one.name());
    if (std::count(known.begin(), known.end(), name) > 0) return;
    Error(key, absl::StrCat("there is no service \"", name, "\"", config::DidYouMean(name, known)));
  }

  void CheckExpectation(const std::string& key, int index) {
    v1::ScenarioExpectation& expect = *said_.mutable_expect(index);
    CheckWord(Key(key, "what"), expect.what(), kWords);
    if (!expect.lever().empty()) CheckWord(Key(key, "lever"), expect.lever(), {"indep", "edge"});
    if (expect.service().empty()) expect.set_service(said_.services(0).name());
    CheckService(Key(key, "service"), expect.service());
    if (expect.has_until()) CheckMoment(Key(key, "until"), ToDuration(expect.until()));
    if (expect.none() && (expect.least() > 0 || expect.most() > 0)) {
      Error(Key(key, "none"), "none is 0 of them: leave least and most out");
      return;
    }
    const bool bound_only = document_.Given(Key(key, "most")) || expect.none() ||
                            (expect.has_from() && !expect.has_by() && !expect.has_until());
    if (!document_.Given(Key(key, "least"))) expect.set_least(bound_only ? 0 : 1);
    if (!document_.Given(Key(key, "most"))) expect.set_most(expect.none() ? 0 : UINT32_MAX);
    if (expect.has_by() && !document_.Given(Key(key, "least"))) expect.set_least(1);
    if (expect.least() > expect.most()) {
      Error(Key(key, "least"), absl::StrCat(expect.least(), " or more, and at most ", expect.most(),
                                            ": nothing is both"));
    }
    if (expect.none() && expect.has_by()) Error(Key(key, "by"), "none never comes: leave by out");
  }

  YamlDocument& document_;
  v1::Scenario& said_;
  std::set<std::string> names_;  // with their kinds
  int64_t rows_ = 0;             // of the timeline so far, repetitions among them
};

// Repetitions become rows of their own.
void Unroll(v1::Scenario& said) {
  std::vector<v1::ScenarioRow> rows(said.timeline().begin(), said.timeline().end());
  for (const v1::ScenarioRow& row : said.timeline()) {
    if (!row.has_repeat()) continue;
    const absl::Duration every = ToDuration(row.repeat().every());
    const absl::Duration until = ToDuration(row.repeat().until());
    for (absl::Duration at = ToDuration(row.at()) + every; at < until; at += every) {
      v1::ScenarioRow again = row;
      again.clear_repeat();
      const int64_t seconds = absl::ToInt64Seconds(at);
      again.mutable_at()->set_seconds(seconds);
      again.mutable_at()->set_nanos(
          static_cast<int32_t>(absl::ToInt64Nanoseconds(at - absl::Seconds(seconds))));
      rows.push_back(std::move(again));
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return ToDuration(a.at()) < ToDuration(b.at());
  });
  said.clear_timeline();
  for (v1::ScenarioRow& row : rows) *said.add_timeline() = std::move(row);
}

}  // namespace

absl::StatusOr<FileOf<Scenario>> ReadScenario(const std::string& path) {
  Scenario scenario;
  scenario.file = path;
  absl::StatusOr<YamlDocument> document = YamlDocument::Load(path, scenario.said);
  if (!document.ok()) return document.status();
  Checker(*document, scenario.said).Check();
  std::string error;
  const std::string& start = scenario.said.start();
  if (start.empty()) {
    scenario.start = absl::FromCivil(absl::CivilSecond(2025, 1, 1), absl::UTCTimeZone());
  } else if (!absl::ParseTime(absl::RFC3339_full, start, &scenario.start, &error)) {
    document->Error("start",
                    absl::StrCat("\"", start, "\" is no RFC 3339 time: 2019-07-02T13:42:00Z"));
  }
  FileOf<Scenario> file;
  file.findings = document->Render();
  if (document->errors() > 0) return file;
  Unroll(scenario.said);
  const auto& rows = scenario.said.timeline();
  scenario.runs_for = scenario.said.has_runs_for()
                          ? ToDuration(scenario.said.runs_for())
                          : ToDuration(rows[rows.size() - 1].at()) + absl::Minutes(10);
  file.value = std::move(scenario);
  return file;
}

ReplayPolicy DefaultReplayPolicy() {
  ReplayPolicy policy;
  policy.name = "default";
  policy.interval = absl::Seconds(2);
  policy.timeout = absl::Milliseconds(1500);
  policy.ttl = absl::Seconds(60);
  policy.clean_for = absl::Hours(2);
  policy.intent_expires_after = absl::Minutes(15);
  return policy;
}

absl::StatusOr<FileOf<ReplayPolicy>> ReadReplayPolicy(const std::string& path,
                                                      const Scenario& scenario,
                                                      const std::string& service) {
  std::vector<config::VantageSettings> vantages;
  for (const v1::ScenarioVantage& one : scenario.said.vantages()) {
    vantages.push_back({.vantage = {.name = one.name(),
                                    .weight = one.weight(),
                                    .asn = one.asn(),
                                    .country = one.country(),
                                    .continent = one.continent()},
                        .source_address = ""});
  }
  const absl::StatusOr<config::PolicyFile> said = config::ReadPolicyFile(path, vantages, service);
  if (!said.ok()) return said.status();
  ReplayPolicy policy = DefaultReplayPolicy();
  if (!path.empty()) policy.name = path;
  policy.rule = said->rule;
  policy.quorum = said->quorum;
  policy.safety = said->safety;
  policy.interval = said->health.interval;
  policy.timeout = said->health.timeout;
  policy.ttl =
      scenario.said.has_ttl() ? ToDuration(scenario.said.ttl()) : said->ttl.value_or(policy.ttl);
  policy.clean_for = said->clean_for.value_or(policy.clean_for);
  policy.intent_expires_after = said->intent_expires_after.value_or(policy.intent_expires_after);
  FileOf<ReplayPolicy> file;
  file.findings = said->findings;
  if (said->errors == 0) file.value = std::move(policy);
  return file;
}

}  // namespace lifeboat
