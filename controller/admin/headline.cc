#include "controller/admin/headline.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/admin/course.h"
#include "controller/admin/situation.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

constexpr size_t kMostNames = 3;

using Services = std::vector<const ServiceSnapshot*>;

std::string Names(const Services& services) {
  std::vector<std::string> names;
  for (const ServiceSnapshot* service : services) {
    if (names.size() == kMostNames) break;
    names.push_back(service->name);
  }
  const size_t more = services.size() - names.size();
  return absl::StrCat(absl::StrJoin(names, ", "),
                      more > 0 ? absl::StrCat(" and ", more, " more") : "");
}

template <typename Predicate>
Services Where(const Services& services, Predicate predicate) {
  Services some;
  std::copy_if(services.begin(), services.end(), std::back_inserter(some),
               [&predicate](const ServiceSnapshot* service) { return predicate(*service); });
  return some;
}

// "All 3 services are armed." or "2 of 3 services are armed; wiki is not."
std::string ArmedSentence(const Services& services) {
  const Services unarmed =
      Where(services, [](const ServiceSnapshot& service) { return !service.armed; });
  const size_t all = services.size();
  if (unarmed.empty()) {
    return all == 1   ? absl::StrCat(services.front()->name, " is armed.")
           : all == 2 ? std::string("Both services are armed.")
                      : absl::StrCat("All ", all, " services are armed.");
  }
  if (all == 1) return absl::StrCat(services.front()->name, " is not armed.");
  return absl::StrCat(all - unarmed.size(), " of ", all, " services are armed; ", Names(unarmed),
                      unarmed.size() == 1 ? " is not." : " are not.");
}

// About those on which a person's eye should rest, the first by name and the others as a number.
std::string About(const Services& some, const Services& all, absl::string_view together) {
  if (some.size() == 1) {
    return Sentence(absl::StrCat(some.front()->name, " ", HeadlineWords(*some.front())));
  }
  return Sentence(absl::StrCat(some.size(), " of ", all.size(), " services ", together, ": ",
                               Names(some), ". ", some.front()->name, " ",
                               HeadlineWords(*some.front())));
}

std::string ServicesSentence(const Services& services) {
  if (services.empty()) return "No service is configured: there is nothing to watch.";
  const auto in = [&services](std::initializer_list<Situation> situations) {
    return Where(services, [situations](const ServiceSnapshot& service) {
      return std::count(situations.begin(), situations.end(), SituationOf(service)) > 0;
    });
  };
  if (const Services failing = Where(services, IsFailing); !failing.empty()) {
    return About(failing, services, "are failing");
  }
  if (const auto some = in({Situation::kMoving, Situation::kHeld}); !some.empty()) {
    return About(some, services, "are moving");
  }
  if (const auto some = in({Situation::kGoingBack}); !some.empty()) {
    return About(some, services, "are going back");
  }
  if (const auto some = in({Situation::kBlind, Situation::kUndecided}); !some.empty()) {
    return About(some, services, "cannot be judged");
  }
  if (const auto some = in({Situation::kWarming}); !some.empty()) {
    return About(some, services, "are warming up");
  }
  if (const auto some = in({Situation::kServingExit}); !some.empty()) {
    return About(some, services, "are served by an exit");
  }
  const bool acts = in({Situation::kAmnesia}).empty();
  return absl::StrCat("Nothing is failing.", acts ? " " : "", acts ? ArmedSentence(services) : "");
}

// What is wrong with the controller itself, worst first.
std::vector<std::string> Troubles(const Snapshot& snapshot) {
  std::vector<std::string> troubles;
  if (!snapshot.amnesia.empty()) {
    troubles.push_back(absl::StrCat("This controller has forgotten something and acts on nothing: ",
                                    Printable(snapshot.amnesia)));
  }
  if (!snapshot.journal.empty()) {
    troubles.push_back(absl::StrCat("The journal cannot be written, so nothing is moved: ",
                                    Printable(snapshot.journal)));
  }
  if (!snapshot.stopped.empty()) {
    troubles.push_back(
        absl::StrCat("Every service is stopped by a person: ", Printable(snapshot.stopped)));
  }
  if (!snapshot.clock.empty()) {
    troubles.push_back(absl::StrCat("The wall clock was set: ", Printable(snapshot.clock)));
  }
  return troubles;
}

std::string NextCommand(const Snapshot& snapshot, const Services& services) {
  if (!snapshot.amnesia.empty()) return "lifeboatctl epoch raise --reason …";
  if (services.empty() || MarkOf(*services.front()) == v1::MARK_OK) return "";
  const ServiceSnapshot& worst = *services.front();
  if (SituationOf(worst) == Situation::kServingExit && worst.failback_offered) {
    return absl::StrCat("lifeboatctl failback ", worst.name, " --reason …");
  }
  return absl::StrCat("lifeboatctl explain ", worst.name);
}

}  // namespace

void SetHeadline(const Snapshot& snapshot, const Services& services, v1::StatusView& view) {
  const std::vector<std::string> troubles = Troubles(snapshot);
  for (const std::string& trouble : troubles) view.add_troubles(trouble);
  const bool acts = snapshot.amnesia.empty() && snapshot.journal.empty();
  view.set_headline(acts ? ServicesSentence(services)
                         : absl::StrCat(snapshot.amnesia.empty()
                                            ? "Nothing is moved: the journal cannot be written. "
                                            : "Nothing is moved: this controller has forgotten "
                                              "something. ",
                                        ServicesSentence(services)));
  view.set_mark(!acts              ? v1::MARK_FAILING
                : services.empty() ? v1::MARK_WARNING
                                   : MarkOf(*services.front()));
  view.set_next_command(NextCommand(snapshot, services));
}

}  // namespace lifeboat::admin
