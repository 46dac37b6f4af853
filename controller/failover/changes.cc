#include "controller/failover/changes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lifeboat {
namespace {

// The configuration is the same for both snapshots, so the n-th of one is the n-th of the other.
template <typename Item>
Item Before(const std::vector<Item>& items, size_t index) {
  return index < items.size() ? items[index] : Item{};
}

void TellDoubts(const VantageSnapshot& old, const VantageSnapshot& now,
                std::vector<ChangeNote>& notes) {
  const auto missing = [](const std::vector<std::string>& from, const std::string& path) {
    return std::find(from.begin(), from.end(), path) == from.end();
  };
  for (const std::string& path : now.doubted_on) {
    if (!missing(old.doubted_on, path)) continue;
    notes.push_back({.kind = "agent",
                     .alarm = true,
                     .text = absl::StrCat(now.vantage.name, " is doubted on ", path,
                                          ": it has long stood against all others; its DOWN "
                                          "weighs half there")});
  }
  for (const std::string& path : old.doubted_on) {
    if (!missing(now.doubted_on, path)) continue;
    notes.push_back(
        {.kind = "agent", .text = absl::StrCat(now.vantage.name, " is believed again on ", path)});
  }
}

void TellVantages(const Snapshot& before, const Snapshot& after, std::vector<ChangeNote>& notes) {
  for (size_t i = 0; i < after.vantages.size(); ++i) {
    const VantageSnapshot old = Before(before.vantages, i);
    const VantageSnapshot& now = after.vantages[i];
    const std::string& name = now.vantage.name;
    TellDoubts(old, now, notes);
    if (now.connected && !old.connected) {
      notes.push_back({.kind = "agent", .text = absl::StrCat(name, " is connected")});
    } else if (!now.connected && old.connected) {
      notes.push_back({.kind = "agent", .alarm = true, .text = absl::StrCat(name, " is gone")});
    } else if (now.connected && now.abstention != old.abstention) {
      const bool votes = now.abstention == Abstention::kNone;
      notes.push_back(
          {.kind = "agent",
           .alarm = !votes,
           .text = votes ? absl::StrCat(name, " votes again")
                         : absl::StrCat(name, " abstains: ", AbstentionWords(now.abstention), " (",
                                        now.why, ")")});
    }
  }
}

bool TunnelUp(const ExitStatus& status, const std::string& service) {
  const auto found = status.services.find(service);
  return status.connected && found != status.services.end() && found->second.tunnel_up;
}

void TellExits(const Snapshot& before, const Snapshot& after, std::vector<ChangeNote>& notes) {
  for (size_t i = 0; i < after.exits.size(); ++i) {
    const ExitStatus old = Before(before.exits, i).status;
    const ExitSnapshot& now = after.exits[i];
    if (now.status.connected != old.connected) {
      notes.push_back({.kind = "exit",
                       .alarm = !now.status.connected,
                       .text = absl::StrCat("exit/", now.name, " is ",
                                            now.status.connected ? "connected" : "gone")});
    }
    if (now.status.trouble != old.trouble && !now.status.trouble.empty()) {
      notes.push_back({.kind = "exit",
                       .alarm = true,
                       .text = absl::StrCat("exit/", now.name, ": ", now.status.trouble)});
    }
    for (const auto& [service, status] : now.status.services) {
      const bool up = TunnelUp(now.status, service);
      if (up == TunnelUp(old, service)) continue;
      notes.push_back(
          {.service = service,
           .kind = "exit",
           .alarm = !up,
           .text = absl::StrCat("the tunnel to exit/", now.name, " is ", up ? "up" : "down")});
    }
  }
}

void TellLevers(const Snapshot& before, const Snapshot& after, std::vector<ChangeNote>& notes) {
  for (size_t i = 0; i < after.levers.size(); ++i) {
    const LeverHealth old = Before(before.levers, i).health;
    const LeverSnapshot& now = after.levers[i];
    if (now.health.state == old.state) continue;
    const bool ok = now.health.state == LeverState::kOk;
    // Whoever was woken for one that is no more OK needs no second alarm while it is only doubtful
    // and dead by turns.
    const bool by_turns = now.health.state == LeverState::kErr ||
                          (old.state == LeverState::kErr && now.health.state == LeverState::kDown);
    const bool was_sound = old.state == LeverState::kOk || old.state == LeverState::kUnchecked;
    notes.push_back(
        {.kind = "lever",
         .alarm = !ok && (was_sound || !by_turns),
         .text = absl::StrCat("lever ", now.name, " is ", LeverStateName(now.health.state),
                              ok ? "" : ": ", ok ? "" : now.health.why)});
  }
}

std::vector<std::string> RefusedOn(const PathSnapshot& path) {
  std::vector<std::string> refused;
  for (const Ballot& ballot : path.ballots) {
    if (ballot.vote.abstention == Abstention::kRefused) refused.push_back(ballot.vantage.name);
  }
  return refused;
}

// An edge that takes agents for robots hides an outage from them: only a person can let them in.
void TellRefusals(const ServiceSnapshot& old, const ServiceSnapshot& now,
                  std::vector<ChangeNote>& notes) {
  for (size_t i = 0; i < now.paths.size(); ++i) {
    const std::vector<std::string> before = RefusedOn(Before(old.paths, i));
    const std::vector<std::string> refused = RefusedOn(now.paths[i]);
    const bool begins = std::any_of(refused.begin(), refused.end(), [&](const std::string& name) {
      return std::find(before.begin(), before.end(), name) == before.end();
    });
    if (!begins && (before.empty() || !refused.empty())) continue;
    const Path& path = now.paths[i].path;
    const std::string who = path.is_edge() ? "the edge" : path.ToString();
    notes.push_back({.service = now.name,
                     .kind = "agent",
                     .alarm = begins,
                     .text = begins ? absl::StrCat(who, " refuses ", absl::StrJoin(refused, ", "),
                                                   ": allow the agents' addresses there")
                                    : absl::StrCat(who, " refuses no agent any more")});
  }
}

void TellServices(const Snapshot& before, const Snapshot& after, std::vector<ChangeNote>& notes) {
  for (size_t i = 0; i < after.services.size(); ++i) {
    const ServiceSnapshot old = Before(before.services, i);
    const ServiceSnapshot& now = after.services[i];
    TellRefusals(old, now, notes);
    if (now.failback_offered && !old.failback_offered) {
      notes.push_back({.service = now.name,
                       .kind = "failback",
                       .text = absl::StrCat("the way back is open: lifeboatctl failback ", now.name,
                                            " --reason …")});
    }
  }
}

}  // namespace

std::vector<ChangeNote> TellChanges(const Snapshot& before, const Snapshot& after) {
  std::vector<ChangeNote> notes;
  TellVantages(before, after, notes);
  TellExits(before, after, notes);
  TellLevers(before, after, notes);
  TellServices(before, after, notes);
  if (after.journal != before.journal) {
    notes.push_back({.kind = "journal",
                     .alarm = !after.journal.empty(),
                     .text = after.journal.empty() ? "the journal can be written again"
                                                   : absl::StrCat("nothing can be recorded, so "
                                                                  "nothing is acted on: ",
                                                                  after.journal)});
  }
  if (after.clock != before.clock && !after.clock.empty()) {
    notes.push_back({.kind = "clock", .alarm = true, .text = after.clock});
  }
  if (after.amnesia != before.amnesia && !after.amnesia.empty()) {
    notes.push_back({.kind = "amnesia", .alarm = true, .text = after.amnesia});
  }
  return notes;
}

}  // namespace lifeboat
