#include "controller/failover/zone_queue.h"

#include <gtest/gtest.h>

#include "absl/strings/str_join.h"

namespace lifeboat {
namespace {

const Instant kStart = Instant::SinceBoot(absl::Hours(1));
constexpr absl::Duration kMillisecond = absl::Milliseconds(1);

Effect Step(const std::string& service, const std::string& stage, Action action,
            int priority = 100) {
  return {.service = service,
          .priority = priority,
          .lever = "own",
          .stage = stage,
          .action = std::move(action)};
}
Effect Fetching(const std::string& service) { return Step(service, "FETCHING", FetchThrough{}); }
Effect Pulling(const std::string& service, int priority = 100) {
  const PullLever pull{.change = {.hostname = service, .records = {{RecordType::kA, "192.0.2.1"}}}};
  return Step(service, "PULLING", pull, priority);
}
Effect Claim(const std::string& service) { return Step(service, "CLAIM", PullLever{}); }

std::string Services(const std::vector<Effect>& batch) {
  return absl::StrJoin(batch, " ", [](std::string* out, const Effect& effect) {
    absl::StrAppend(out, effect.service);
  });
}

TEST(ZoneQueueTest, LetsALonePullGoAtOnce) {
  ZoneQueue queue;
  const Effect fetching = Fetching("web");
  queue.Push(fetching, kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "web");
  queue.Done(fetching, kStart);
  queue.Push(Pulling("web"), kStart);
  EXPECT_EQ(queue.NextAt(kStart), kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "web");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.NextAt(kStart), std::nullopt);
}

TEST(ZoneQueueTest, TakesThePullsThatWaitTogetherByPriorityThenByAge) {
  ZoneQueue queue;
  queue.Push(Pulling("blog"), kStart);
  queue.Push(Pulling("shop", 2), kStart);
  queue.Push(Pulling("wiki"), kStart);
  queue.Push(Pulling("pay", 1), kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "pay shop blog wiki");
}

TEST(ZoneQueueTest, KeepsAPullWhileAnotherServiceIsOnItsWayToOne) {
  ZoneQueue queue;
  const Effect fetching = Fetching("shop");
  queue.Push(fetching, kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "shop");
  queue.Push(Pulling("web"), kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "");
  EXPECT_EQ(queue.NextAt(kStart), kStart + ZoneQueue::kGatherAtMost);
  const Instant fetched = kStart + 40 * kMillisecond;
  queue.Done(fetching, fetched);
  EXPECT_EQ(queue.NextAt(fetched), fetched + ZoneQueue::kNextStepWithin);
  queue.Push(Pulling("shop", 1), fetched + kMillisecond);
  EXPECT_EQ(Services(queue.Pop(fetched + kMillisecond)), "shop web");
}

TEST(ZoneQueueTest, WaitsNoLongerThanItMay) {
  ZoneQueue queue;
  queue.Push(Fetching("hangs"), kStart);
  queue.Pop(kStart);
  queue.Push(Pulling("web"), kStart);
  const Instant end = kStart + ZoneQueue::kGatherAtMost;
  EXPECT_EQ(Services(queue.Pop(end - kMillisecond)), "");
  EXPECT_EQ(Services(queue.Pop(end)), "web");
}

TEST(ZoneQueueTest, DoesNotWaitForAServiceThatWentNoFurther) {
  ZoneQueue queue;
  const Effect fetching = Fetching("shop");
  queue.Push(fetching, kStart);
  queue.Pop(kStart);
  queue.Push(Pulling("web"), kStart);
  queue.Done(fetching, kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "");
  queue.Push(Step("shop", "RETREAT", DoNothing{}), kStart + kMillisecond);
  EXPECT_EQ(Services(queue.Pop(kStart + kMillisecond)), "shop");
  EXPECT_EQ(Services(queue.Pop(kStart + kMillisecond)), "web");

  queue.Push(fetching, kStart);
  queue.Pop(kStart);
  queue.Done(fetching, kStart);
  queue.Push(Pulling("web"), kStart);
  EXPECT_EQ(Services(queue.Pop(kStart + ZoneQueue::kNextStepWithin - kMillisecond)), "");
  EXPECT_EQ(Services(queue.Pop(kStart + ZoneQueue::kNextStepWithin)), "web");
}

TEST(ZoneQueueTest, AClaimWaitsForNobody) {
  ZoneQueue queue;
  queue.Push(Fetching("shop"), kStart);
  queue.Pop(kStart);
  queue.Push(Claim("web"), kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "web");
}

TEST(ZoneQueueTest, DoesWhatUsersWaitForBeforeReadsAndProofs) {
  ZoneQueue queue;
  queue.Push(Step("a", "PROVING", ProveDns{}), kStart);
  queue.Push(Step("b", "ASK", ReadWorld{}), kStart);
  queue.Push(Pulling("c"), kStart);
  queue.Push(Step("d", "ASKING", FetchThrough{}), kStart);
  queue.Push(Step("e", "DONE", DoNothing{}), kStart);
  for (const char* service : {"e", "d", "c", "b", "a"}) {
    EXPECT_EQ(Services(queue.Pop(kStart)), service);
  }
}

TEST(ZoneQueueTest, GivesEachLeverItsOwnTheMostUrgentFirst) {
  ZoneQueue queue;
  Effect other = Pulling("shop", 1);
  other.lever = "provider";
  queue.Push(Pulling("web"), kStart);
  queue.Push(other, kStart);
  queue.Push(Pulling("blog"), kStart);
  EXPECT_EQ(Services(queue.Pop(kStart)), "shop");
  EXPECT_EQ(Services(queue.Pop(kStart)), "web blog");
}

}  // namespace
}  // namespace lifeboat
