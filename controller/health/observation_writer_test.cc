#include "controller/health/observation_writer.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/testing/fake_clock.h"

namespace lifeboat {
namespace {

class FakeStore final : public ObservationStore {
 public:
  absl::Status Append(const std::vector<ObservationRun>& runs) override {
    MutexLock lock(mutex_);
    ++calls_;
    changed_.NotifyAll();
    while (blocked_) changed_.Wait(mutex_);
    if (!status_.ok()) return status_;
    runs_.insert(runs_.end(), runs.begin(), runs.end());
    return absl::OkStatus();
  }
  void Fail(absl::Status status) {
    MutexLock lock(mutex_);
    status_ = std::move(status);
  }
  void Block(bool blocked) {
    MutexLock lock(mutex_);
    blocked_ = blocked;
    changed_.NotifyAll();
  }
  void AwaitCalls(int more) {
    MutexLock lock(mutex_);
    const int calls = calls_ + more;
    while (calls_ < calls) changed_.Wait(mutex_);
  }
  void AwaitRuns(size_t runs) {
    MutexLock lock(mutex_);
    while (runs_.size() < runs) changed_.Wait(mutex_);
  }
  std::vector<ObservationRun> runs() {
    MutexLock lock(mutex_);
    return runs_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int calls_ GUARDED_BY(mutex_) = 0;
  bool blocked_ GUARDED_BY(mutex_) = false;
  absl::Status status_ GUARDED_BY(mutex_);
  std::vector<ObservationRun> runs_ GUARDED_BY(mutex_);
};

class ObservationWriterTest : public testing::Test {
 protected:
  void Start(size_t most_kept = 100) {
    writer_ = std::make_unique<ObservationWriter>(
        std::vector<TargetRole>{{.service = "web"}}, store_, clock_,
        ObservationWriter::Options{.longest_run = absl::Minutes(5),
                                   .write_every = absl::Milliseconds(1),
                                   .most_kept = most_kept},
        [this](const std::string& trouble, uint64_t lost) {
          told_.push_back(absl::StrCat(trouble.empty() ? "well" : trouble, ", lost ", lost));
        });
  }
  // Each stands for itself, as the class changes with each.
  void See(int count) {
    for (int i = 0; i < count; ++i) {
      clock_.Advance(absl::Seconds(1));
      odd_ = !odd_;
      const Seen seen{.probe_class = odd_ ? ProbeClass::kOk : ProbeClass::kReset,
                      .ended = clock_.Now().since_boot()};
      writer_->Saw("ams", 1, seen, true, clock_.Now());
    }
  }

  FakeClock clock_;
  FakeStore store_;
  std::vector<std::string> told_;  // by the writer's thread; read when it has ended
  bool odd_ = false;
  std::unique_ptr<ObservationWriter> writer_;
};

TEST_F(ObservationWriterTest, WritesWhatEndedAndAtTheEndTheRest) {
  Start();
  See(3);
  store_.AwaitRuns(2);
  writer_.reset();
  EXPECT_EQ(store_.runs().size(), 3u);
  EXPECT_TRUE(told_.empty());
}

TEST_F(ObservationWriterTest, ADiskThatHangsHoldsNobodyUp) {
  Start();
  store_.Block(true);
  See(2);
  store_.AwaitCalls(1);
  See(50);  // would wait for ever
  store_.Block(false);
  writer_.reset();
  EXPECT_EQ(store_.runs().size(), 52u);
}

TEST_F(ObservationWriterTest, KeepsWhatCannotBeWrittenAndTellsOnce) {
  Start();
  store_.Fail(absl::ResourceExhaustedError("the disk is full"));
  See(2);
  store_.AwaitCalls(3);
  store_.Fail(absl::OkStatus());
  store_.AwaitRuns(1);
  writer_.reset();
  EXPECT_EQ(store_.runs().size(), 2u);
  EXPECT_EQ(told_, (std::vector<std::string>{"the disk is full, lost 0", "well, lost 0"}));
}

TEST_F(ObservationWriterTest, CountsWhatItMustDrop) {
  Start(10);
  store_.Fail(absl::UnavailableError("gone"));
  See(26);  // the last is still going on
  store_.AwaitCalls(2);
  EXPECT_EQ(writer_->dropped(), 15u);
  store_.Fail(absl::OkStatus());
  store_.AwaitRuns(10);
  writer_.reset();
  EXPECT_EQ(store_.runs().front().first_wall, store_.runs().back().first_wall - absl::Seconds(10));
}

}  // namespace
}  // namespace lifeboat
