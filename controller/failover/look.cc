#include "controller/failover/look.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

const ExitStatus& StatusOf(const std::map<std::string, ExitStatus>& exits,
                           const std::string& name) {
  static const ExitStatus kUnknown;
  const auto found = exits.find(name);
  return found == exits.end() ? kUnknown : found->second;
}

void AddPath(const ServiceSettings& settings, const VoteSource& votes, Path path,
             absl::Span<const DissentWatch> dissents, Sight& sight) {
  const size_t index = sight.paths.size();
  PathSnapshot snapshot{.path = std::move(path)};
  snapshot.ballots = votes.BallotsOn(settings.name, snapshot.path, sight.now);
  for (size_t i = 0; i < snapshot.ballots.size() && index < dissents.size(); ++i) {
    snapshot.ballots[i].vote.doubted = dissents[index].Doubts(i);
  }
  snapshot.tally = Count(settings.quorum, snapshot.ballots);
  sight.paths.push_back(std::move(snapshot));
}

}  // namespace

Sight Look(const ServiceSettings& settings, const VoteSource& votes, std::vector<LeverSight> levers,
           absl::Span<const DissentWatch> dissents, const Surroundings& around) {
  Sight sight;
  sight.now = around.now;
  sight.wall = around.wall;
  sight.epoch = around.epoch;
  AddPath(settings, votes, Path::Edge(), dissents, sight);
  for (const ExitTarget& exit : settings.exits) {
    AddPath(settings, votes, Path::Exit(exit.name), dissents, sight);
    const ExitStatus& status = StatusOf(around.exits, exit.name);
    ExitFacts facts{
        .name = exit.name, .tally = sight.paths.back().tally, .connected = status.connected};
    const auto service = status.services.find(settings.name);
    if (service != status.services.end() && status.connected) {
      facts.tunnel_up = service->second.tunnel_up;
      facts.upstream = service->second.upstream;
    }
    sight.visitors.push_back(service == status.services.end() ? 0 : service->second.visitors);
    sight.exits.push_back(std::move(facts));
  }
  sight.cause = Attribute(settings.quorum, sight.edge().tally, sight.exits);
  sight.levers = std::move(levers);
  sight.journal_trouble = around.journal_trouble;
  sight.amnesia = around.amnesia;
  sight.stopped = around.stopped;
  return sight;
}

std::string AmnesiaByExits(const std::map<std::string, ExitStatus>& exits, Epoch ours) {
  for (const auto& [name, status] : exits) {
    if (status.highest_epoch <= ours) continue;
    return absl::StrCat("exit/", name, " has obeyed epoch ", status.highest_epoch.ToString(),
                        ", this journal is only in ", ours.ToString(),
                        "; find out what happened, then: lifeboatctl epoch raise --reason …");
  }
  return "";
}

void WantedExits::Add(const ServiceSettings& settings, const Failover& core) {
  for (const ExitTarget& exit : settings.exits) {
    open_[exit.name];
    if (!core.KnowsWhatIsInForce()) unknown_.insert(exit.name);
  }
  for (const std::string& exit : core.OpenExits()) open_[exit].insert(settings.name);
}

std::map<std::string, std::set<std::string>> WantedExits::Take() {
  for (const std::string& exit : unknown_) open_.erase(exit);
  return std::move(open_);
}

}  // namespace lifeboat
