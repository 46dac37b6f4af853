#include "controller/failover/sight.h"

namespace lifeboat {

const ExitTarget* ServiceSettings::FindExit(const std::string& exit) const {
  for (const ExitTarget& target : exits) {
    if (target.name == exit) return &target;
  }
  return nullptr;
}

Records ServiceSettings::RecordsOf(const Path& path) const {
  if (path.is_edge()) return edge_records;
  const ExitTarget* target = FindExit(path.exit);
  return target == nullptr ? Records{} : target->records;
}

const ExitFacts* Sight::FindExit(const std::string& exit) const {
  for (const ExitFacts& facts : exits) {
    if (facts.name == exit) return &facts;
  }
  return nullptr;
}

std::string Sight::CauseWords() const {
  return paths.empty() ? "" : CauseWords(cause, edge().tally);
}

std::string Sight::CauseWords(const Cause& other, const Tally& tally) const {
  const size_t place = static_cast<size_t>(other.exit);
  return Words(other, tally, place < exits.size() ? exits[place].name : "");
}

}  // namespace lifeboat
