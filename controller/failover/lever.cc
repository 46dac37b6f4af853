#include "controller/failover/lever.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lifeboat {

absl::string_view RecordTypeName(RecordType type) {
  switch (type) {
    case RecordType::kA:
      return "A";
    case RecordType::kAaaa:
      return "AAAA";
    case RecordType::kCname:
      return "CNAME";
  }
  return "?";
}

std::string RecordsToString(const Records& records) {
  if (records.empty()) return "nothing";
  return absl::StrJoin(records, ", ", [](std::string* out, const Record& record) {
    absl::StrAppend(out, RecordTypeName(record.type), " ", record.value);
  });
}

absl::string_view LeverStateName(LeverState state) {
  switch (state) {
    case LeverState::kUnchecked:
      return "UNCHECKED";
    case LeverState::kOk:
      return "OK";
    case LeverState::kErr:
      return "ERR";
    case LeverState::kDown:
      return "DOWN";
    case LeverState::kFrozen:
      return "FROZEN";
    case LeverState::kUnauthorized:
      return "UNAUTHORIZED";
  }
  return "?";
}

std::string Proof::ToString() const {
  const auto serving = std::count_if(
      servers.begin(), servers.end(),
      [](const ServerAnswer& answer) { return answer.state == ServerState::kProven; });
  std::string words = absl::StrCat(serving, " of ", servers.size(), " authoritative servers");
  for (const ServerAnswer& answer : servers) {
    if (answer.state == ServerState::kProven) continue;
    const absl::string_view state = answer.state == ServerState::kStale    ? "is stale"
                                    : answer.state == ServerState::kSilent ? "is silent"
                                                                           : "cannot be asked";
    absl::StrAppend(&words, "; ", answer.server, " ", state, " (", answer.detail, ")");
  }
  return words;
}

std::vector<absl::StatusOr<World>> Lever::ReadAll(const std::vector<std::string>& hostnames) {
  std::vector<absl::StatusOr<World>> worlds;
  for (const std::string& hostname : hostnames) worlds.push_back(Read(hostname));
  return worlds;
}

std::vector<PullResult> Lever::PullAll(const std::vector<Change>& changes) {
  std::vector<PullResult> results;
  for (const Change& change : changes) results.push_back(Pull(change));
  return results;
}

void Lever::ProveAll(const std::vector<ToProve>& names, absl::Duration limit,
                     absl::FunctionRef<void(size_t, Proof)> told) {
  for (size_t i = 0; i < names.size(); ++i) {
    told(i, Prove(names[i].hostname, names[i].records, limit));
  }
}

}  // namespace lifeboat
