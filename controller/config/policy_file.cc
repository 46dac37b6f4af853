#include "controller/config/policy_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/yaml_document.h"
#include "controller/config/filter_reader.h"
#include "controller/config/policy_reader.h"
#include "controller/config/safety_reader.h"
#include "controller/config/service_reader.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {
namespace {

constexpr absl::string_view kKeys[] = {"filter", "oscillation", "quorum", "failback",
                                       "safety", "intent",      "health", "ttl"};
constexpr absl::string_view kJudging[] = {"filter", "oscillation", "quorum", "safety"};

// The keys of a policy, and where in the document they stand.
struct Source {
  YamlDocument document;
  v1::ServiceConfig said;
  std::string key;  // empty: at the top of the file
};

std::vector<std::string> GivenKeys(Source& source) {
  std::vector<std::string> given;
  const auto* descriptor = v1::ServiceConfig::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const std::string& name = descriptor->field(i)->name();
    const std::string key = Key(source.key, name);
    if (!source.document.Given(key)) continue;
    if (std::find(std::begin(kKeys), std::end(kKeys), name) != std::end(kKeys)) {
      given.push_back(name);
    } else if (source.key.empty()) {
      source.document.Error(key, absl::StrCat(name, " is no part of a policy: it says what a ",
                                              "service is, not how it is judged"));
    }
  }
  return given;
}

// A controller's configuration has the same keys below each of its services.
void PickService(const v1::ControllerConfig& whole, const std::string& service, Source& source) {
  std::vector<std::string> names;
  int picked = -1;
  for (int i = 0; i < whole.services_size(); ++i) {
    names.push_back(whole.services(i).name());
    if (names.back() == service) picked = i;
  }
  if (service.empty() && names.size() == 1) picked = 0;
  if (picked >= 0) {
    source.said = whole.services(picked);
    source.key = Key("services", picked);
  } else if (service.empty()) {
    source.document.Error("services", absl::StrCat("which of them is the policy? say it by ",
                                                   "--service: ", absl::StrJoin(names, ", ")));
  } else {
    source.document.Error("services", absl::StrCat("there is no service \"", service, "\"",
                                                   DidYouMean(service, names)));
  }
}

absl::StatusOr<Source> ReadSource(const std::string& path, const std::string& service) {
  v1::ServiceConfig said;
  if (path.empty()) {
    YamlDocument nothing = YamlDocument::Read("the default policy", "{}", said);
    return Source{.document = std::move(nothing), .said = std::move(said), .key = ""};
  }
  ASSIGN_OR_RETURN(YamlDocument document, YamlDocument::Load(path, said));
  v1::ControllerConfig whole;
  ASSIGN_OR_RETURN(YamlDocument as_whole, YamlDocument::Load(path, whole));
  if (!as_whole.Given("services")) {
    return Source{.document = std::move(document), .said = std::move(said), .key = ""};
  }
  Source source{.document = std::move(as_whole), .said = {}, .key = ""};
  PickService(whole, service, source);
  return source;
}

void ReadPolicyTimes(const Reading& reading, const Source& source, PolicyFile& file) {
  Service service;
  ReadTimes(reading, source.key, source.said, service);
  if (source.said.has_ttl()) file.ttl = service.ttl;
  if (source.said.failback().has_clean_for()) file.clean_for = service.clean_for;
  if (source.said.intent().has_expires_after()) {
    file.intent_expires_after = service.intent_expires_after;
  }
}

// Without `interval` the policy stands by itself.
absl::StatusOr<PolicyFile> Read(const std::string& path,
                                const std::vector<VantageSettings>& vantages,
                                std::optional<absl::Duration> interval,
                                const std::string& service) {
  ASSIGN_OR_RETURN(Source source, ReadSource(path, service));
  const v1::ServiceConfig& said = source.said;
  const Reading reading{.directory = "", .findings = source.document};
  PolicyFile file;
  file.given = GivenKeys(source);
  file.health = ReadHealth(reading, Key(source.key, "health"), said.health());
  file.rule = ReadHealthRule(reading, source.key, said, interval.value_or(file.health.interval));
  if (!interval || file.Gives("quorum")) {
    file.quorum = ReadQuorum(reading, Key(source.key, "quorum"), said.quorum(), vantages);
  }
  ReadPolicyTimes(reading, source, file);
  Service judged;
  ReadSafety(reading, source.key, said, Config{}, judged);
  file.safety = judged.safety;
  const bool judges = std::any_of(file.given.begin(), file.given.end(), Overrules);
  if (interval && !judges && source.document.errors() == 0) {
    source.document.Error(source.key,
                          "nothing here judges: give filter, oscillation, quorum or safety");
  }
  file.errors = source.document.errors();
  file.findings = source.document.Render();
  return file;
}

}  // namespace

bool PolicyFile::Gives(absl::string_view key) const {
  return std::find(given.begin(), given.end(), key) != given.end();
}

absl::StatusOr<PolicyFile> ReadPolicyFile(const std::string& path,
                                          const std::vector<VantageSettings>& vantages,
                                          const std::string& service) {
  return Read(path, vantages, std::nullopt, service);
}

absl::StatusOr<PolicyFile> ReadOverrulingPolicy(const std::string& path,
                                                const std::vector<VantageSettings>& vantages,
                                                absl::Duration interval,
                                                const std::string& service) {
  return Read(path, vantages, interval, service);
}

bool Overrules(absl::string_view key) {
  return std::find(std::begin(kJudging), std::end(kJudging), key) != std::end(kJudging);
}

void Overrule(const PolicyFile& policy, Service& service) {
  const OscillationRule oscillation = service.rule.oscillation;
  if (policy.Gives("filter")) service.rule = policy.rule;
  service.rule.oscillation = policy.Gives("oscillation") ? policy.rule.oscillation : oscillation;
  if (policy.Gives("quorum")) service.quorum = policy.quorum;
  if (!policy.Gives("safety")) return;
  // What follows from the edge, the levers and the calendar is no part of a policy.
  service.safety.moves_per_day = policy.safety.moves_per_day;
  service.safety.unblocked = policy.safety.unblocked;
  service.safety.min_validity = policy.safety.min_validity;
  service.safety.parity = policy.safety.parity;
}

}  // namespace lifeboat::config
