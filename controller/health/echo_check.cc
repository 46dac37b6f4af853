#include "controller/health/echo_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lifeboat {

EchoCheck::EchoCheck(std::vector<EchoTarget> targets)
    : targets_(std::move(targets)),
      asks_(std::any_of(targets_.begin(), targets_.end(),
                        [](const EchoTarget& target) { return !target.key.empty(); })),
      last_counter_(targets_.size()) {}

bool EchoCheck::Asks(uint32_t target) const {
  return target >= 1 && target <= targets_.size() && !targets_[target - 1].key.empty();
}

void EchoCheck::Begin(uint64_t run) {
  if (run == run_) return;
  run_ = run;
  issued_.clear();
  std::fill(last_counter_.begin(), last_counter_.end(), 0);
}

void EchoCheck::Issue(const EchoBytes& seed, Instant now) {
  issued_.push_back({seed, now});
  while (now - issued_.front().at > kSeedCounts) issued_.pop_front();
}

Echo EchoCheck::Check(uint32_t target, const std::optional<EchoAnswer>& answer, Instant now) {
  if (!Asks(target) || !answer) return Echo::kNotAsked;
  const auto is_ours = [&](const Issued& issued) {
    return now - issued.at <= kSeedCounts && std::find(answer->seeds.begin(), answer->seeds.end(),
                                                       issued.seed) != answer->seeds.end();
  };
  if (std::none_of(issued_.begin(), issued_.end(), is_ours)) return Echo::kNotAsked;
  uint64_t& last = last_counter_[target - 1];
  if (answer->counter <= last) return Echo::kMissing;
  last = answer->counter;
  if (!answer->mac) return Echo::kMissing;
  const EchoTarget& asked = targets_[target - 1];
  const EchoBytes nonce = EchoNonce(answer->seeds, answer->counter);
  return SameEcho(*answer->mac, EchoMac(asked.key, asked.path, nonce)) ? Echo::kGood
                                                                       : Echo::kMissing;
}

EchoJudgement JudgeByEcho(ProbeClass said, int http_status, std::string detail, Echo echo) {
  const bool made = said == ProbeClass::kHttpEdge || said == ProbeClass::kHttpOrigin;
  if (made && http_status >= 500 && echo == Echo::kGood) {
    return {ProbeClass::kHttpOrigin,
            absl::StrCat("status ", http_status, " by the origin, whose echo came with it")};
  }
  if (made && http_status >= 500 && echo == Echo::kMissing) {
    return {ProbeClass::kHttpEdge,
            absl::StrCat("status ", http_status, " without the origin's echo: made by the edge")};
  }
  if (IsGood(said) && echo == Echo::kMissing) {
    return {ProbeClass::kBadBody, "answered without the origin's echo: a cache or a captive page"};
  }
  const bool counts = !IsGood(said) || echo == Echo::kGood;
  return {said, std::move(detail), counts};
}

}  // namespace lifeboat
