#include "agent/report/observation_queue.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace lifeboat::agent {
namespace {

constexpr absl::Duration Ripe() { return ObservationQueue::RipeAfter(); }

class ObservationQueueTest : public testing::Test {
 protected:
  // Observations are told apart by their target: 1, 2, 3 …
  void Push(ObservationQueue& queue, int count, uint64_t revision = 1) {
    for (int i = 0; i < count; ++i) queue.Push(revision, ++pushed_, Observation{}, now_);
  }
  // The targets of all that Next gives.
  std::vector<uint32_t> Drain(ObservationQueue& queue) {
    std::vector<uint32_t> targets;
    while (const auto* batch = queue.Next(now_)) {
      EXPECT_LE(batch->entries.size(), ObservationQueue::kMostInBatch);
      EXPECT_GT(batch->number, last_number_) << "in order";
      last_number_ = batch->number;
      for (const auto& entry : batch->entries) targets.push_back(entry.target);
    }
    return targets;
  }
  static std::vector<uint32_t> Range(uint32_t first, uint32_t last) {
    std::vector<uint32_t> range;
    for (uint32_t i = first; i <= last; ++i) range.push_back(i);
    return range;
  }

  Instant now_ = Instant::SinceBoot(absl::Hours(1));
  uint32_t pushed_ = 0;
  uint64_t last_number_ = 0;
};

TEST_F(ObservationQueueTest, ABatchGoesWhenItIsRipeOrFull) {
  ObservationQueue queue(1000);
  EXPECT_FALSE(queue.NextReady().has_value());
  EXPECT_TRUE(queue.Push(1, 1, {}, now_));
  EXPECT_FALSE(queue.Push(1, 2, {}, now_)) << "changes nothing of when";
  EXPECT_EQ(queue.Next(now_), nullptr);
  EXPECT_EQ(*queue.NextReady(), now_ + Ripe());
  now_ = now_ + Ripe();
  const auto* batch = queue.Next(now_);
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->number, 1u);
  EXPECT_EQ(batch->entries.size(), 2u);
  EXPECT_EQ(queue.Next(now_), nullptr);
  Push(queue, ObservationQueue::kMostInBatch);
  ASSERT_NE(queue.Next(now_), nullptr) << "full at once";
}

TEST_F(ObservationQueueTest, ABatchHasOneRevision) {
  ObservationQueue queue(1000);
  Push(queue, 3, 1);
  Push(queue, 2, 2);
  EXPECT_EQ(queue.Next(now_)->entries.size(), 3u) << "sealed by the next revision";
  now_ = now_ + Ripe();
  EXPECT_EQ(queue.Next(now_)->revision, 2u);
}

TEST_F(ObservationQueueTest, WhatIsNotAcknowledgedIsSentAgainInOrderUnderTheSameNumbers) {
  ObservationQueue queue(10000);
  Push(queue, 1500);
  EXPECT_EQ(Drain(queue), Range(1, 1500));
  queue.Ack(1);
  queue.Rewind();
  last_number_ = 1;
  EXPECT_EQ(queue.Next(now_)->number, 2u);
  EXPECT_EQ(queue.Next(now_)->number, 3u);
  queue.Ack(3);
  EXPECT_EQ(queue.size(), 0u);
}

TEST_F(ObservationQueueTest, AnAckOfWhatWasNotSentForgetsNothing) {
  ObservationQueue queue(10000);
  Push(queue, 1200);
  queue.Ack(99);
  EXPECT_EQ(queue.size(), 1200u);
  queue.Next(now_);
  queue.Ack(99);
  EXPECT_EQ(queue.size(), 700u);
}

TEST_F(ObservationQueueTest, AFullQueueDropsTheOldestAndCountsThem) {
  ObservationQueue queue(700);
  Push(queue, 1200);
  EXPECT_EQ(queue.size(), 700u);
  EXPECT_EQ(queue.dropped_total(), 500u);
  now_ = now_ + Ripe();
  EXPECT_EQ(Drain(queue), Range(501, 1200));
}

TEST_F(ObservationQueueTest, DroppingFromASentBatchLeavesTheRestToBeSentAgain) {
  ObservationQueue queue(600);
  Push(queue, 500);
  EXPECT_EQ(Drain(queue).size(), 500u);
  Push(queue, 200);
  EXPECT_EQ(queue.dropped_total(), 100u);
  queue.Rewind();
  last_number_ = 0;
  now_ = now_ + Ripe();
  EXPECT_EQ(Drain(queue), Range(101, 700));
  Push(queue, 500);  // the whole of the first batch, and a part of the second, are gone
  queue.Rewind();
  last_number_ = 0;
  now_ = now_ + Ripe();
  EXPECT_EQ(Drain(queue), Range(601, 1200));
  queue.Ack(last_number_);
  EXPECT_EQ(queue.size(), 0u);
}

// Whatever pushes, sends, acknowledgements and reconnections do, a controller that ignores numbers
// it has had gets each observation once and in order, but for those that were dropped.
TEST_F(ObservationQueueTest, NothingThatFitsIsLostAndNothingComesTwice) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    ObservationQueue queue(2000);
    std::vector<uint32_t> taken;
    uint64_t taken_number = 0;
    pushed_ = 0;
    for (int step = 0; step < 300; ++step) {
      now_ = now_ + absl::Milliseconds(20);
      switch (random() % 4) {
        case 0:
          Push(queue, random() % 400, 1 + step / 100);
          break;
        case 1:
          if (const auto* batch = queue.Next(now_); batch != nullptr && random() % 4 != 0) {
            if (batch->number <= taken_number) break;
            taken_number = batch->number;
            for (const auto& entry : batch->entries) taken.push_back(entry.target);
          }
          break;
        case 2:
          queue.Ack(random() % 2 == 0 ? taken_number : 0);
          break;
        case 3:
          if (random() % 8 == 0) queue.Rewind();
          break;
      }
      ASSERT_LE(queue.size(), 2000u);
    }
    EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
    EXPECT_EQ(std::adjacent_find(taken.begin(), taken.end()), taken.end());
  }
}

}  // namespace
}  // namespace lifeboat::agent
