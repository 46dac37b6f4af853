#include "controller/config/policy_file.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/yaml_document.h"
#include "controller/config/filter_reader.h"
#include "controller/config/policy_reader.h"
#include "controller/config/safety_reader.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {
namespace {

constexpr absl::string_view kKeys[] = {"filter", "oscillation", "quorum", "failback",
                                       "safety", "intent",      "health", "ttl"};
constexpr absl::string_view kJudging[] = {"filter", "oscillation", "quorum", "safety"};

std::vector<std::string> GivenKeys(YamlDocument& document) {
  std::vector<std::string> given;
  const auto* descriptor = v1::ServiceConfig::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const std::string& key = descriptor->field(i)->name();
    if (!document.Given(key)) continue;
    if (std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys)) {
      given.push_back(key);
      continue;
    }
    document.Error(key, absl::StrCat(key, " is no part of a policy: it says what a service is, ",
                                     "not how it is judged"));
  }
  return given;
}

void ReadTimes(const v1::ServiceConfig& said, PolicyFile& file) {
  if (said.has_ttl()) file.ttl = ToDuration(said.ttl());
  if (said.failback().has_clean_for()) file.clean_for = ToDuration(said.failback().clean_for());
  if (said.intent().has_expires_after()) {
    file.intent_expires_after = ToDuration(said.intent().expires_after());
  }
}

// Without `interval` the policy stands by itself.
absl::StatusOr<PolicyFile> Read(const std::string& path,
                                const std::vector<VantageSettings>& vantages,
                                std::optional<absl::Duration> interval) {
  v1::ServiceConfig said;
  ASSIGN_OR_RETURN(YamlDocument document, YamlDocument::Load(path, said));
  const Reading reading{.directory = "", .findings = document};
  PolicyFile file;
  file.given = GivenKeys(document);
  file.health = ReadHealth(reading, "health", said.health());
  file.rule = ReadHealthRule(reading, "", said, interval.value_or(file.health.interval));
  if (!interval || file.Gives("quorum")) {
    file.quorum = ReadQuorum(reading, "quorum", said.quorum(), vantages);
  }
  ReadTimes(said, file);
  Service judged;
  ReadSafety(reading, "", said, Config{}, judged);
  file.safety = judged.safety;
  const bool judges = std::any_of(file.given.begin(), file.given.end(), Overrules);
  if (interval && !judges && document.errors() == 0) {
    document.Error("", "nothing here judges: give filter, oscillation, quorum or safety");
  }
  file.errors = document.errors();
  file.findings = document.Render();
  return file;
}

}  // namespace

bool PolicyFile::Gives(absl::string_view key) const {
  return std::find(given.begin(), given.end(), key) != given.end();
}

absl::StatusOr<PolicyFile> ReadPolicyFile(const std::string& path,
                                          const std::vector<VantageSettings>& vantages) {
  return Read(path, vantages, std::nullopt);
}

absl::StatusOr<PolicyFile> ReadOverrulingPolicy(const std::string& path,
                                                const std::vector<VantageSettings>& vantages,
                                                absl::Duration interval) {
  return Read(path, vantages, interval);
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
