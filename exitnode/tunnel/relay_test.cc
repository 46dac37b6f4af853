#include "exitnode/tunnel/relay.h"

#include <optional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/testing/capture_log.h"
#include "base/testing/eventually.h"
#include "exitnode/tcp/socket.h"
#include "exitnode/testing/io_thread.h"
#include "exitnode/testing/wire_peer.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

class CountingMeter final : public RelayMeter {
 public:
  void OnForward(size_t bytes) override {
    MutexLock lock(mutex_);
    forward_ += bytes;
  }
  void OnBack(size_t bytes) override {
    MutexLock lock(mutex_);
    back_ += bytes;
  }
  void OnFirstEnd(RelaySide side) override {
    MutexLock lock(mutex_);
    ++ends_;
    first_end_ = side;
  }
  size_t forward() const {
    MutexLock lock(mutex_);
    return forward_;
  }
  size_t back() const {
    MutexLock lock(mutex_);
    return back_;
  }
  std::optional<RelaySide> first_end() const {
    MutexLock lock(mutex_);
    return ends_ == 1 ? first_end_ : std::nullopt;
  }

 private:
  mutable Mutex mutex_;
  size_t forward_ GUARDED_BY(mutex_) = 0;
  size_t back_ GUARDED_BY(mutex_) = 0;
  int ends_ GUARDED_BY(mutex_) = 0;
  std::optional<RelaySide> first_end_ GUARDED_BY(mutex_);
};

asio::awaitable<void> RunRelay(Tcp::socket first, Tcp::socket second, BufferPool& buffers,
                               RelayMeter& meter) {
  co_await Relay(first, second, buffers, meter);
}

// Two peers with a relay between them.
class RelayTest : public testing::Test {
 protected:
  RelayTest()
      : first_(WirePeer::Connect(first_port_.endpoint())),
        second_(WirePeer::Connect(second_port_.endpoint())) {
    thread_.Run([&] {
      Spawn(thread_.io().get_executor(),
            RunRelay(Take(first_port_), Take(second_port_), buffers_, meter_), log_);
    });
  }
  ~RelayTest() override { thread_.Stop(); }

  Tcp::socket Take(WireListener& port) {
    Tcp::socket socket(thread_.io());
    socket.assign(Tcp::v4(), port.Accept().Release());
    PrepareStream(socket);
    return socket;
  }

  CaptureLog log_;
  CountingMeter meter_;
  BufferPool buffers_;
  IoThread thread_;
  WireListener first_port_, second_port_;
  WirePeer first_, second_;
};

TEST_F(RelayTest, PassesBytesOnBothWaysAndCountsThem) {
  first_.Send("question");
  EXPECT_EQ(second_.Receive(8), "question");
  second_.Send("answer");
  EXPECT_EQ(first_.Receive(6), "answer");
  EXPECT_TRUE(Eventually([&] { return meter_.forward() == 8 && meter_.back() == 6; }));
}

TEST_F(RelayTest, OneWayGoesOnWhenTheOtherHasEnded) {
  first_.Send("all there is");
  first_.FinishSending();
  EXPECT_EQ(second_.ReceiveToEnd(), "all there is");
  EXPECT_EQ(meter_.first_end(), RelaySide::kFirst);
  second_.Send("and still");
  EXPECT_EQ(first_.Receive(9), "and still");
  second_.FinishSending();
  EXPECT_EQ(first_.ReceiveToEnd(), "");
  EXPECT_EQ(meter_.first_end(), RelaySide::kFirst) << "told once";
}

TEST_F(RelayTest, ABrokenConnectionIsNoOrderlyEnd) {
  second_.Send("half of an ans");
  EXPECT_EQ(first_.Receive(14), "half of an ans");
  second_.Reset();
  EXPECT_EQ(first_.ReceiveToEnd(), "<reset>");
  EXPECT_EQ(meter_.first_end(), RelaySide::kSecond);
}

TEST_F(RelayTest, ASlowReaderSlowsItsWriter) {
  const std::string chunk(1'000'000, 'x');
  constexpr int kChunks = 60;  // more than the kernel's buffers take
  std::thread writer([&] {
    for (int i = 0; i < kChunks; ++i) first_.Send(chunk);
    first_.FinishSending();
  });
  // The count stands still while nobody reads.
  size_t before = 0;
  EXPECT_TRUE(Eventually([&, still = 0]() mutable {
    const size_t now = meter_.forward();
    still = now == before && now > 0 ? still + 1 : 0;
    before = now;
    return still == 20;
  }));
  EXPECT_LT(meter_.forward(), chunk.size() * kChunks);
  EXPECT_EQ(second_.ReceiveToEnd().size(), chunk.size() * kChunks);
  writer.join();
}

}  // namespace
}  // namespace lifeboat::exitnode
