#include "controller/failover/failback.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/failover/rules.h"

namespace lifeboat {
namespace {

std::string Seconds(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Seconds(1)));
}

// As long as an UP must stand to be a phase of its own, not a pause in an outage that is ending.
constexpr absl::Duration kStands = absl::Minutes(1);

EvidenceItem Clean(const ServiceSettings& settings, const Sight& sight, absl::Duration up_for) {
  const absl::Duration stands = std::min(kStands, settings.clean_for / 10);
  const absl::Duration clean_for = std::max(absl::ZeroDuration(), up_for - stands);
  EvidenceItem item{.name = "clean for", .ok = clean_for >= settings.clean_for};
  item.words = absl::StrCat(Seconds(std::min(clean_for, settings.clean_for)), " of ",
                            Seconds(settings.clean_for));
  if (sight.edge().tally.verdict != Verdict::kUp) {
    absl::StrAppend(&item.words, "; the edge is ", VerdictName(sight.edge().tally.verdict));
    item.complete_in = absl::InfiniteDuration();
  } else {
    item.complete_in = std::max(absl::ZeroDuration(), settings.clean_for + stands - up_for);
    if (up_for < stands) absl::StrAppend(&item.words, ", counted once it stands ", Seconds(stands));
  }
  return item;
}

EvidenceItem Coverage(const Sight& sight) {
  const Tally& tally = sight.edge().tally;
  const int all = tally.voters + tally.abstainers;
  const bool whole = tally.abstainers == 0 && tally.voters > 0;
  return {.name = "coverage",
          .ok = whole,
          .words = absl::StrCat(tally.voters, " of ", all, " vantages see the edge"),
          .complete_in = whole ? absl::ZeroDuration() : absl::InfiniteDuration()};
}

// A vantage that sees the edge swing is evidence against it, though it be alone.
std::string Oscillation(const Sight& sight) {
  std::vector<std::string> names;
  for (const auto& [vantage, vote] : sight.edge().ballots) {
    if (vote.kind == VoteKind::kOscillating) names.push_back(vantage.name);
  }
  if (names.empty()) return "";
  return absl::StrCat(absl::StrJoin(names, ", "), names.size() == 1 ? " sees" : " see",
                      " the edge OSCILLATE");
}

EvidenceItem Certificate(const ServiceSettings& settings, const Sight& sight) {
  const CertificateAnswer certificate = JudgeCertificate(settings, sight.edge(), sight.wall);
  return {.name = "certificate",
          .ok = certificate.ok,
          .words = certificate.words,
          .complete_in = certificate.ok ? absl::ZeroDuration() : absl::InfiniteDuration()};
}

EvidenceItem FromTrouble(absl::string_view name, const std::string& trouble,
                         absl::string_view well) {
  return {.name = std::string(name),
          .ok = trouble.empty(),
          .words = trouble.empty() ? std::string(well) : trouble,
          .complete_in = trouble.empty() ? absl::ZeroDuration() : absl::InfiniteDuration()};
}

std::string LeverTrouble(const Sight& sight) {
  // The way back can wait for a lever that can be relied on.
  const LeverSight* usable = UsableLever(sight);
  if (usable != nullptr && usable->health.state != LeverState::kErr) return "";
  std::string trouble = "no lever works";
  for (const LeverSight& lever : sight.levers) {
    absl::StrAppend(&trouble, "; ", lever.name, " is ", LeverStateName(lever.health.state), ": ",
                    lever.health.why);
  }
  return trouble;
}

}  // namespace

std::vector<EvidenceItem> FailbackEvidence(const ServiceSettings& settings, const Sight& sight,
                                           absl::Duration up_for,
                                           const std::string& records_trouble) {
  return {
      Clean(settings, sight, up_for),
      FromTrouble("oscillation", Oscillation(sight), "nobody sees any"),
      Coverage(sight),
      Certificate(settings, sight),
      FromTrouble("lever", LeverTrouble(sight), "one works"),
      FromTrouble("records", records_trouble, "DNS says what is expected"),
      FromTrouble("journal", sight.journal_trouble, "it can be written"),
      FromTrouble("epoch", sight.amnesia, "nobody knows a higher epoch"),
  };
}

bool IsComplete(const std::vector<EvidenceItem>& evidence) {
  return std::all_of(evidence.begin(), evidence.end(),
                     [](const EvidenceItem& item) { return item.ok; });
}

std::string Missing(const std::vector<EvidenceItem>& evidence) {
  std::string missing;
  for (const EvidenceItem& item : evidence) {
    if (item.ok) continue;
    absl::StrAppend(&missing, missing.empty() ? "" : "; ", item.name, ": ", item.words);
  }
  return missing;
}

absl::Duration CompleteIn(const std::vector<EvidenceItem>& evidence) {
  absl::Duration longest = absl::ZeroDuration();
  for (const EvidenceItem& item : evidence) {
    if (!item.ok) longest = std::max(longest, item.complete_in);
  }
  return longest;
}

std::string MissingMeans(const std::vector<EvidenceItem>& evidence) {
  std::vector<EvidenceItem> means;
  for (const EvidenceItem& item : evidence) {
    const bool seen_of_edge = item.name == "clean for" || item.name == "oscillation" ||
                              item.name == "coverage" || item.name == "certificate";
    if (!seen_of_edge) means.push_back(item);
  }
  return Missing(means);
}

}  // namespace lifeboat
