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
  item.force_replaces = true;
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
          .complete_in = whole ? absl::ZeroDuration() : absl::InfiniteDuration(),
          .force_replaces = true};
}

EvidenceItem Certificate(const ServiceSettings& settings, const Sight& sight) {
  const CertificateAnswer certificate = JudgeCertificate(settings, sight.edge(), sight.wall);
  return {.name = "certificate",
          .ok = certificate.ok,
          .words = certificate.words,
          .complete_in = certificate.ok ? absl::ZeroDuration() : absl::InfiniteDuration(),
          .force_replaces = true};
}

EvidenceItem FromTrouble(absl::string_view name, const std::string& trouble,
                         absl::string_view well) {
  return {.name = std::string(name),
          .ok = trouble.empty(),
          .words = trouble.empty() ? std::string(well) : trouble,
          .complete_in = trouble.empty() ? absl::ZeroDuration() : absl::InfiniteDuration()};
}

// A vantage that sees the edge swing is evidence against it, though it be alone.
EvidenceItem NobodySeesItSwing(const Sight& sight) {
  std::vector<std::string> names;
  for (const auto& [vantage, vote] : sight.edge().ballots) {
    if (vote.kind == VoteKind::kOscillating) names.push_back(vantage.name);
  }
  const std::string trouble =
      names.empty() ? ""
                    : absl::StrCat(absl::StrJoin(names, ", "), names.size() == 1 ? " sees" : " see",
                                   " the edge OSCILLATE");
  EvidenceItem item = FromTrouble("oscillation", trouble, "nobody sees any");
  item.force_replaces = true;
  return item;
}

// The way back can wait for a lever that can be relied on. A person who cannot may try one that
// nobody could check, never one that is known to fail.
EvidenceItem SomeLeverIsOk(const ServiceSettings& settings, const Sight& sight) {
  const LeverSight* usable = UsableLever(settings.safety, sight);
  const LeverState state = usable == nullptr ? LeverState::kDown : usable->health.state;
  if (state == LeverState::kOk) return FromTrouble("lever", "", "one works");
  const bool unchecked = state == LeverState::kUnchecked;
  std::string trouble = unchecked ? "none works for certain" : "no lever works";
  for (const LeverSight& lever : sight.levers) absl::StrAppend(&trouble, "; ", WordsOf(lever));
  EvidenceItem item = FromTrouble("lever", trouble, "");
  item.force_replaces = unchecked;
  return item;
}

}  // namespace

std::vector<EvidenceItem> FailbackEvidence(const ServiceSettings& settings, const Sight& sight,
                                           absl::Duration up_for,
                                           const std::string& records_trouble) {
  return {
      Clean(settings, sight, up_for),
      NobodySeesItSwing(sight),
      Coverage(sight),
      Certificate(settings, sight),
      SomeLeverIsOk(settings, sight),
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
    if (!item.force_replaces) means.push_back(item);
  }
  return Missing(means);
}

}  // namespace lifeboat
