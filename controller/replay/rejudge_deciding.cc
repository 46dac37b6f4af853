#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/replay/rejudge.h"

// What would have been decided, as far as what was recorded can tell.
namespace lifeboat {

void Rejudge::Decide(Course& course, const Sight& sight) {
  const ServiceSettings& settings = course.settings;
  const auto tell = [&](Rejudged::Kind kind, const Path& path, std::string text) {
    Tell({.kind = kind,
          .at = wall(),
          .service = settings.name,
          .path = path,
          .text = std::move(text)});
  };
  const PathWatch& edge = course.paths.front().watch;
  const bool began_to_tell = telling() && !course.telling;
  RememberLastDown(settings.quorum, sight, course.last_down);
  if (course.moved_to) {
    if (began_to_tell) tell(Rejudged::Kind::kMove, *course.moved_to, "it began before");
    if (Serves(edge.verdict())) course.moved_to.reset();
    return;
  }
  if (course.intent) {
    if (began_to_tell) tell(Rejudged::Kind::kIntent, *course.intent, "it was decided before");
    return ConsiderIntent(course, sight);
  }
  if (!course.warm || settings.exits.empty() || edge.verdict() != Verdict::kDown ||
      edge.down_for(now_) < settings.quorum.hold) {
    return;
  }
  course.intent = TargetOf(course, sight);
  tell(Rejudged::Kind::kIntent, *course.intent,
       absl::StrCat("edge has been DOWN for ", absl::FormatDuration(settings.quorum.hold), " (",
                    Words(settings.quorum, sight.edge().tally), ")"));
  ConsiderIntent(course, sight);
}

void Rejudge::ConsiderIntent(Course& course, const Sight& sight) {
  Rejudged happening{.at = wall(), .service = course.settings.name, .path = {}, .text = ""};
  const bool stands = Oscillates(course.settings.quorum, sight.edge());
  happening.path = course.intent.value_or(Path::Edge());
  if (Serves(sight.edge().tally.verdict) && !stands) {
    happening.kind = Rejudged::Kind::kCancel;
    happening.text = "edge serves again";
    course.intent.reset();
    course.told_holder.clear();
    return Tell(std::move(happening));
  }
  course.intent = happening.path = TargetOf(course, sight);
  const std::vector<RuleAnswer> answers = Answers(course, happening.path, sight);
  if (const RuleAnswer* holder = FirstHolder(answers); holder != nullptr) {
    if (std::exchange(course.told_holder, holder->name) == holder->name) return;
    happening.kind = Rejudged::Kind::kHold;
    happening.text = absl::StrCat(holder->name, ": ", holder->words);
    return Tell(std::move(happening));
  }
  happening.kind = Rejudged::Kind::kMove;
  happening.text = "no rule that can be judged again holds it";
  course.moved_to = course.intent;
  course.intent.reset();
  course.told_holder.clear();
  Tell(std::move(happening));
}

std::vector<RuleAnswer> Rejudge::Answers(const Course& course, const Path& to,
                                         const Sight& sight) const {
  Proposal proposal;
  proposal.from = Path::Edge();
  proposal.to = to;
  proposal.standing = true;
  proposal.down_for = course.settings.quorum.hold;  // an intent has served it
  proposal.last_down = course.last_down;
  std::vector<RuleAnswer> answers = Judge(course.settings, proposal, sight);
  answers.erase(
      std::remove_if(answers.begin(), answers.end(),
                     [](const RuleAnswer& answer) { return !IsJudgedAgain(answer.name); }),
      answers.end());
  return answers;
}

// The first exit that is ready and UP, else the first that is ready, else the first that serves,
// else the first.
Path Rejudge::TargetOf(const Course& course, const Sight& sight) const {
  std::optional<Path> ready_one, serving;
  for (const ExitTarget& exit : course.settings.exits) {
    const Path path = Path::Exit(exit.name);
    const std::vector<RuleAnswer> answers = Answers(course, path, sight);
    const bool ready = std::all_of(answers.begin(), answers.end(), [](const RuleAnswer& answer) {
      return answer.ok || IsAboutTheFailure(answer);
    });
    const ExitFacts* facts = sight.FindExit(exit.name);
    const Verdict verdict = facts == nullptr ? Verdict::kBlind : facts->tally.verdict;
    if (ready && verdict == Verdict::kUp) return path;
    if (ready && !ready_one) ready_one = path;
    if (Serves(verdict) && !serving) serving = path;
  }
  if (ready_one) return *ready_one;
  return serving.value_or(Path::Exit(course.settings.exits.front().name));
}

}  // namespace lifeboat
