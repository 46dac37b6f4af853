#include <gtest/gtest.h>

#include "controller/failover/testing/fake_journal.h"
#include "controller/failover/testing/fake_lever.h"

namespace lifeboat {
namespace {

const Records kEdge = {{RecordType::kCname, "edge.test."}};
const Records kExit = {{RecordType::kA, "192.0.2.9"}};

Entry EntryOf(const std::string& id) {
  Entry entry;
  entry.events.push_back(Event{.id = id, .service = "web"});
  entry.record = ServiceRecord{.service = "web", .serves_by_move = id};
  return entry;
}

TEST(FakeJournalTest, KeepsWhatWasDurableWhenItCrashed) {
  FakeJournal journal;
  journal.CrashAt(2, FakeJournal::Crash::kAfter);
  EXPECT_TRUE(journal.Record(EntryOf("1")).ok());
  EXPECT_FALSE(journal.Record(EntryOf("2")).ok());
  EXPECT_FALSE(journal.Record(EntryOf("3")).ok());
  journal.Reopen();
  EXPECT_EQ(journal.Events({}).value().size(), 2u);
  EXPECT_EQ(journal.Services().value()[0].serves_by_move, "2");
  EXPECT_EQ(journal.epoch(), (Epoch{1, 2}));
  journal.CrashAt(1, FakeJournal::Crash::kBefore);
  EXPECT_FALSE(journal.Record(EntryOf("3")).ok());
  journal.Reopen();
  EXPECT_EQ(journal.Services().value()[0].serves_by_move, "2");
}

TEST(FakeLeverTest, ComparesAndSets) {
  FakeZone zone;
  zone.Set("www.test", {.records = kEdge});
  FakeLever lever("own", "test", zone);
  const Change change{.hostname = "www.test", .expect = kEdge, .records = kExit, .ownership = "x"};
  EXPECT_EQ(lever.Pull(change).outcome, PullOutcome::kApplied);
  EXPECT_EQ(lever.Pull(change).outcome, PullOutcome::kConflict);
  EXPECT_EQ(lever.Read("www.test").value().ownership, "x");
  EXPECT_TRUE(lever.Prove("www.test", kExit, absl::ZeroDuration()).proven);
}

TEST(FakeLeverTest, MayApplyWhatItCallsUnknownAndLagsWhenTold) {
  FakeZone zone;
  FakeLever lever("own", "test", zone);
  zone.Lag("ns2.test. 192.0.2.2:53", true);
  lever.NextPull({PullOutcome::kUnknown, absl::UnknownError("no answer")}, true);
  const Change change{.hostname = "www.test", .records = kExit, .ownership = "x"};
  EXPECT_EQ(lever.Pull(change).outcome, PullOutcome::kUnknown);
  EXPECT_EQ(zone.Get("www.test").records, kExit);
  EXPECT_FALSE(lever.Prove("www.test", kExit, absl::ZeroDuration()).proven);
  zone.Lag("ns2.test. 192.0.2.2:53", false);
  EXPECT_TRUE(lever.Prove("www.test", kExit, absl::ZeroDuration()).proven);
}

}  // namespace
}  // namespace lifeboat
