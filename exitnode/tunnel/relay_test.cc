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

asio::awaitable<void> RunRelay(Tcp::socket first, Tcp::socket second, RelayPools& pools,
                               RelayMeter& meter) {
  co_await Relay(first, second, pools, meter);
}

// Two peers with a relay between them.
class RelayTest : public testing::Test {
 protected:
  explicit RelayTest(size_t most_buffers = 4, size_t most_pipes = 4)
      : pools_(most_buffers, most_pipes),
        first_(WirePeer::Connect(first_port_.endpoint())),
        second_(WirePeer::Connect(second_port_.endpoint())) {
    thread_.Run([&] {
      Spawn(thread_.io().get_executor(),
            RunRelay(Take(first_port_), Take(second_port_), pools_, meter_), log_);
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
  RelayPools pools_;
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
  EXPECT_EQ(thread_.Run([&] { return pools_.pipes.out(); }), 1u) << "it is spliced by now";
  EXPECT_EQ(second_.ReceiveToEnd().size(), chunk.size() * kChunks);
  writer.join();
  EXPECT_TRUE(Eventually(
      [&] { return thread_.Run([&] { return pools_.pipes.out() + pools_.buffers.out() == 0; }); }));
}

// Bytes that tell where they belong.
std::string Numbered(size_t count) {
  std::string bytes;
  for (uint32_t i = 0; bytes.size() < count; ++i) {
    const auto* number = reinterpret_cast<const char*>(&i);
    bytes.append(number, sizeof i);
  }
  return bytes;
}

// Both ways at once, much and little by turns, so that each direction changes its manner.
void ExchangeAll(WirePeer& first, WirePeer& second) {
  const auto send_all = [](WirePeer& peer, const std::string& bytes) {
    for (size_t at = 0, piece = 1; at < bytes.size(); at += piece, piece = piece * 3 % 4'000'037) {
      peer.Send(bytes.substr(at, piece));
    }
    peer.FinishSending();
  };
  const std::string forward = Numbered(30'000'000), back = Numbered(20'000'000);
  std::thread forward_writer([&] { send_all(first, forward); });
  std::thread back_writer([&] { send_all(second, back); });
  std::string at_first;
  std::thread first_reader([&] { at_first = first.ReceiveToEnd(); });
  const std::string at_second = second.ReceiveToEnd();
  for (std::thread* thread : {&forward_writer, &back_writer, &first_reader}) thread->join();
  EXPECT_TRUE(at_second == forward) << at_second.size();
  EXPECT_TRUE(at_first == back) << at_first.size();
}

TEST_F(RelayTest, MuchAndLittleArriveAsTheyWereSent) { ExchangeAll(first_, second_); }

class PoorRelayTest : public RelayTest {
 protected:
  PoorRelayTest() : RelayTest(0, 0) {}
};

TEST_F(PoorRelayTest, GetsOnWithoutBuffersAndPipes) { ExchangeAll(first_, second_); }

class PipelessRelayTest : public RelayTest {
 protected:
  PipelessRelayTest() : RelayTest(1, 0) {}
};

TEST_F(PipelessRelayTest, GetsOnWithOneBufferForBothDirections) { ExchangeAll(first_, second_); }

}  // namespace
}  // namespace lifeboat::exitnode
