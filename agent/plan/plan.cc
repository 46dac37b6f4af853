#include "agent/plan/plan.h"

#include <utility>

namespace lifeboat::agent {

Plan::Change Plan::Replace(SubscriberId subscriber, uint64_t revision,
                           std::vector<NumberedSpec> wanted) {
  Change change;
  revisions_[subscriber] = revision;
  for (auto& [id, probe] : probes_) {
    std::erase_if(probe.wanted, [&](const Wanted& w) { return w.subscriber == subscriber; });
  }
  for (NumberedSpec& target : wanted) {
    const ProbeId id = Intern(std::move(target.spec), change);
    probes_.at(id).wanted.push_back({subscriber, target.number});
  }
  for (const auto& [id, probe] : probes_) {
    if (probe.wanted.empty()) change.removed.push_back(id);
  }
  for (const ProbeId id : change.removed) {
    by_spec_.erase(by_spec_.find(*probes_.at(id).spec));
    probes_.erase(id);
  }
  return change;
}

std::vector<Subscription> Plan::Subscribers(ProbeId probe) const {
  std::vector<Subscription> subscriptions;
  const auto found = probes_.find(probe);
  if (found == probes_.end()) return subscriptions;
  for (const Wanted& wanted : found->second.wanted) {
    subscriptions.push_back({wanted.subscriber, wanted.number, revisions_.at(wanted.subscriber)});
  }
  return subscriptions;
}

ProbeId Plan::Intern(ProbeSpec spec, Change& change) {
  const auto [entry, fresh] = by_spec_.try_emplace(std::move(spec), last_ + 1);
  if (!fresh) return entry->second;
  probes_[++last_] = {&entry->first, {}};
  change.added.push_back(last_);
  return last_;
}

}  // namespace lifeboat::agent
