#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/replay/virtual_controller.h"
#include "tests/simulation/invariants.h"

// What must be so once everything is well and has had time to settle.
namespace lifeboat {
namespace {

std::set<std::string> OpenByRecord(const ServiceRecord& record) {
  std::set<std::string> open;
  if (!record.serves.is_edge()) open.insert(record.serves.exit);
  if (!record.lingering_exit.empty()) open.insert(record.lingering_exit);
  return open;
}

}  // namespace

void Invariants::CheckRest() {
  VirtualJournal& journal = world_->controller(0).journal();
  for (size_t i = 0; i < ledgers_.size(); ++i) {
    const ServiceSettings& settings = SettingsOf(i);
    const ServiceRecord& record = journal.services[settings.name];
    const std::string name = absl::StrCat("at rest: ", settings.name, ": ");
    if (record.move) {
      Break(absl::StrCat(name, "the move to ", record.move->to.ToString(), " hangs at ",
                         StageName(record.move->stage), " (",
                         world_->controller(0).Describe(i).waiting_for, ")"));
      continue;
    }
    if (record.unproven) Break(absl::StrCat(name, "what serves is unproven, and nobody proves it"));
    const World& dns = world_->ZoneOf(i).Get(settings.hostname);
    if (dns.records != settings.RecordsOf(record.serves)) {
      Break(absl::StrCat(name, "DNS says ", RecordsToString(dns.records), ", the journal ",
                         record.serves.ToString()));
    }
    const absl::StatusOr<Ownership> owner = Ownership::Parse(dns.ownership);
    if (!owner.ok()) {
      Break(absl::StrCat(name, "the ownership record says \"", dns.ownership, "\""));
    } else if (owner->epoch != journal.epoch || owner->serves != record.serves) {
      Break(absl::StrCat(name, "the ownership record says ", dns.ownership, ", the journal ",
                         record.serves.ToString(), " in ", journal.epoch.ToString()));
    }
    const std::set<std::string> open = OpenByRecord(record);
    for (size_t exit = 0; exit < installation_.settings.exits.size(); ++exit) {
      const bool is_open = world_->exit(exit).open.contains(settings.name);
      const std::string& exit_name = installation_.settings.exits[exit];
      if (is_open == open.contains(exit_name)) continue;
      Break(absl::StrCat(name, "exit/", exit_name, " is ", is_open ? "open" : "dark",
                         ", the journal says otherwise"));
    }
  }
}

void Invariants::CheckHome() {
  VirtualJournal& journal = world_->controller(0).journal();
  for (size_t i = 0; i < ledgers_.size(); ++i) {
    const ServiceSettings& settings = SettingsOf(i);
    if (!journal.services[settings.name].serves.is_edge()) {
      Break(absl::StrCat("at home: ", settings.name,
                         " could not go back although all is well: ", truth_.services[i].way_home));
    }
    for (size_t exit = 0; exit < installation_.settings.exits.size(); ++exit) {
      if (!world_->exit(exit).open.contains(settings.name)) continue;
      Break(absl::StrCat("at home: exit/", installation_.settings.exits[exit],
                         " is still open for ", settings.name));
    }
  }
}

}  // namespace lifeboat
