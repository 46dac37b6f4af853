#include "exitnode/connector/datagram_carrier.h"

#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/testing/capture_log.h"
#include "base/testing/eventually.h"
#include "exitnode/testing/io_thread.h"
#include "exitnode/testing/udp_peer.h"
#include "exitnode/testing/wire_peer.h"
#include "exitnode/wire/udp_frame.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

const Endpoint kAnna = *Endpoint::Parse("203.0.113.9:40000");
const Endpoint kBert = *Endpoint::Parse("[2001:db8::7]:53");

class CountingMeter final : public DatagramMeter {
 public:
  bool HasRoom() override { return visitors() < most_; }
  void OnVisitors(int more) override { Add(visitors_, more); }
  void OnIn(size_t bytes) override { Add(in_, static_cast<int>(bytes)); }
  void OnOut(size_t bytes) override { Add(out_, static_cast<int>(bytes)); }
  void OnDropped() override { Add(dropped_, 1); }
  int visitors() const { return Get(visitors_); }
  int in() const { return Get(in_); }
  int out() const { return Get(out_); }
  int dropped() const { return Get(dropped_); }
  void Allow(int most) { Add(most_, most - Get(most_)); }

 private:
  void Add(int& figure, int more) {
    MutexLock lock(mutex_);
    figure += more;
  }
  int Get(const int& figure) const {
    MutexLock lock(mutex_);
    return figure;
  }
  mutable Mutex mutex_;
  int visitors_ = 0, in_ = 0, out_ = 0, dropped_ = 0;
  int most_ = 1000;
};

std::string Frame(const Endpoint& visitor, const std::string& payload) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(AppendUdpFrame(visitor,
                             {reinterpret_cast<const uint8_t*>(payload.data()), payload.size()},
                             bytes)
                  .ok());
  return {bytes.begin(), bytes.end()};
}

// An exit node at one end of the channel, a target at the other.
class DatagramCarrierTest : public testing::Test {
 protected:
  DatagramCarrierTest() : exit_(WirePeer::Connect(port_.endpoint())) {}
  ~DatagramCarrierTest() override { thread_.Stop(); }

  void Start(const Endpoint& target, const std::string& said = "",
             const DatagramLimits& limits = {}) {
    thread_.Run([&] {
      auto channel = std::make_shared<Tcp::socket>(thread_.io());
      channel->assign(Tcp::v4(), port_.Accept().Release());
      PrepareStream(*channel);
      const Udp::endpoint to(asio::ip::make_address(target.address.ToString()), target.port);
      Spawn(thread_.io().get_executor(),
            Run(*this, channel, to, {said.begin(), said.end()}, limits), log_);
    });
  }
  static asio::awaitable<void> Run(DatagramCarrierTest& test, std::shared_ptr<Tcp::socket> channel,
                                   Udp::endpoint target, std::vector<uint8_t> said,
                                   DatagramLimits limits) {
    test.ended_ = co_await CarryDatagrams(std::move(channel), target, std::move(said), limits,
                                          test.inbox_, test.meter_, test.log_);
  }
  // Why the channel ended, once it has.
  absl::Status Ended() {
    EXPECT_TRUE(Eventually([&] { return thread_.Run([&] { return ended_.has_value(); }); }));
    return thread_.Run([&] { return ended_.value_or(absl::OkStatus()); });
  }
  std::string Next(const std::string& expected) { return exit_.Receive(expected.size()); }

  CaptureLog log_;
  CountingMeter meter_;
  DatagramInbox inbox_;
  std::optional<absl::Status> ended_;
  IoThread thread_;
  WireListener port_;
  WirePeer exit_;
  UdpPeer target_;
};

TEST_F(DatagramCarrierTest, EachVisitorHasASocketOfItsOwn) {
  Start(target_.endpoint(), Frame(kAnna, "from Anna"));
  const UdpPeer::Heard anna = target_.Receive();
  EXPECT_EQ(anna.payload, "from Anna") << "it came with the command";
  exit_.Send(Frame(kBert, "from Bert"));
  const UdpPeer::Heard bert = target_.Receive();
  EXPECT_NE(anna.from, bert.from);
  target_.Send(bert.from, "to Bert");
  EXPECT_EQ(Next(Frame(kBert, "to Bert")), Frame(kBert, "to Bert"));
  target_.Send(anna.from, "");
  EXPECT_EQ(Next(Frame(kAnna, "")), Frame(kAnna, ""));
  exit_.Send(Frame(kAnna, "again"));
  EXPECT_EQ(target_.Receive().from, anna.from);
  EXPECT_EQ(meter_.visitors(), 2);
  EXPECT_TRUE(Eventually([&] { return meter_.in() == 23; }));
  EXPECT_EQ(meter_.out(), 7);
}

TEST_F(DatagramCarrierTest, AFrameInPiecesIsOneDatagram) {
  Start(target_.endpoint());
  const std::string frame = Frame(kAnna, std::string(30'000, 'a'));
  exit_.Send(frame.substr(0, 7));
  exit_.Send(frame.substr(7, 20'000));
  exit_.Send(frame.substr(20'007) + Frame(kAnna, "next"));
  EXPECT_EQ(target_.Receive().payload.size(), 30'000u);
  EXPECT_EQ(target_.Receive().payload, "next");
}

TEST_F(DatagramCarrierTest, ATargetThatWasAwayIsReachedOnceItIsBack) {
  Endpoint gone;
  {
    const UdpPeer left;
    gone = left.endpoint();
  }
  Start(gone);
  for (int i = 0; i < 3; ++i) exit_.Send(Frame(kAnna, "anybody?"));
  EXPECT_TRUE(Eventually([&] { return meter_.in() + meter_.dropped() > 0; }));
  asio::io_context io;  // the target is back at its port
  auto socket = BindUdp(io.get_executor(), gone);
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_TRUE(Eventually([&] {
    exit_.Send(Frame(kAnna, "now"));
    asio::error_code error;
    DatagramInbox inbox;
    return inbox.Receive(socket->native_handle(), error) > 0;
  }));
  EXPECT_EQ(meter_.visitors(), 1);
}

TEST_F(DatagramCarrierTest, ForgetsAVisitorThatIsSilentForLong) {
  Start(target_.endpoint(), "", {.idle = std::chrono::milliseconds(100)});
  exit_.Send(Frame(kAnna, "1"));
  const Endpoint before = target_.Receive().from;
  EXPECT_TRUE(Eventually([&] { return meter_.visitors() == 0; }));
  exit_.Send(Frame(kAnna, "2"));
  const UdpPeer::Heard after = target_.Receive();
  EXPECT_EQ(after.payload, "2");
  target_.Send(before, "too late");
  target_.Send(after.from, "in time");
  EXPECT_EQ(Next(Frame(kAnna, "in time")), Frame(kAnna, "in time"));
}

TEST_F(DatagramCarrierTest, OfTooManyVisitorsTheLongestIdleOneGoes) {
  Start(target_.endpoint(), "", {.most_visitors = 2});
  const Endpoint carl = *Endpoint::Parse("203.0.113.10:1");
  exit_.Send(Frame(kAnna, "anna"));
  const Endpoint anna = target_.Receive().from;
  exit_.Send(Frame(kBert, "bert") + Frame(kAnna, "anna") + Frame(carl, "carl"));
  const Endpoint bert = target_.Receive().from;
  EXPECT_EQ(target_.Receive().from, anna);
  EXPECT_EQ(target_.Receive().payload, "carl");
  exit_.Send(Frame(kAnna, "still"));
  EXPECT_EQ(target_.Receive().from, anna);
  exit_.Send(Frame(kBert, "again"));
  EXPECT_NE(target_.Receive().from, bert);
  EXPECT_EQ(meter_.visitors(), 2);
  EXPECT_EQ(meter_.dropped(), 0);
}

TEST_F(DatagramCarrierTest, KeepsWithinWhatTheProcessMayHave) {
  meter_.Allow(0);
  Start(target_.endpoint(), Frame(kAnna, "1"));
  EXPECT_TRUE(Eventually([&] { return meter_.dropped() == 1; }));
  meter_.Allow(1);
  exit_.Send(Frame(kAnna, "2"));
  EXPECT_EQ(target_.Receive().payload, "2");
  exit_.Send(Frame(kBert, "3"));
  EXPECT_EQ(target_.Receive().payload, "3") << "in the place of the other one";
  EXPECT_EQ(meter_.visitors(), 1);
}

TEST_F(DatagramCarrierTest, AnswersForASlowChannelAreBounded) {
  Start(target_.endpoint(), "", {.most_unwritten = 100'000});
  exit_.Send(Frame(kAnna, "ask"));
  const Endpoint flow = target_.Receive().from;
  const std::string answer(50'000, 'a');
  EXPECT_TRUE(Eventually([&] {  // the exit node reads nothing
    for (int i = 0; i < 20; ++i) target_.Send(flow, answer);
    return meter_.dropped() > 0;
  }));
}

TEST_F(DatagramCarrierTest, EndsWithItsChannel) {
  Start(target_.endpoint());
  exit_.Send(Frame(kAnna, "1"));
  EXPECT_EQ(target_.Receive().payload, "1");
  exit_.Close();
  EXPECT_TRUE(absl::IsUnavailable(Ended())) << Ended();
  EXPECT_EQ(meter_.visitors(), 0);
}

TEST_F(DatagramCarrierTest, GarbageEndsIt) {
  Start(target_.endpoint());
  exit_.Send(std::string(64, '\xff'));
  EXPECT_TRUE(absl::IsInvalidArgument(Ended())) << Ended();
  EXPECT_EQ(exit_.ReceiveToEnd().find("<silence>"), std::string::npos);
}

}  // namespace
}  // namespace lifeboat::exitnode
