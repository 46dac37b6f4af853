#include "exitnode/tunnel/splice_pipe.h"

#include <fcntl.h>

#include <csignal>
#include <string>

#include "asio/error.hpp"
#include "base/testing/descriptor_limit.h"
#include "base/testing/eventually.h"
#include "exitnode/testing/wire_peer.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

// A peer, and our non-blocking end of its connection.
struct Line {
  Line() : peer(WirePeer::Connect(port.endpoint())), ours(port.Accept().Release()) {
    fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  }
  WireListener port;
  WirePeer peer;
  Descriptor ours;
};

class SplicePipeTest : public testing::Test {
 protected:
  SplicePipeTest() { std::signal(SIGPIPE, SIG_IGN); }
  size_t Fill() { return pipe_->Fill(from_.ours.get(), error_); }
  size_t Drain() { return pipe_->Drain(to_.ours.get(), error_); }

  Line from_, to_;
  std::unique_ptr<SplicePipe> pipe_ = SplicePipe::Make();
  asio::error_code error_;
};

TEST_F(SplicePipeTest, TakesWhatThereIsAndGivesItOn) {
  EXPECT_EQ(Fill(), 0u);
  EXPECT_EQ(error_, asio::error::would_block);
  from_.peer.Send("across");
  EXPECT_TRUE(Eventually([&] { return Fill() == 6; }));
  EXPECT_FALSE(error_);
  EXPECT_EQ(pipe_->held(), 6u);
  EXPECT_EQ(Drain(), 6u);
  EXPECT_EQ(pipe_->held(), 0u);
  EXPECT_EQ(to_.peer.Receive(6), "across");
}

TEST_F(SplicePipeTest, TellsTheEndFromAPause) {
  from_.peer.FinishSending();
  EXPECT_TRUE(Eventually([&] {
    Fill();
    return error_ == asio::error::eof;
  }));
}

TEST_F(SplicePipeTest, TellsABrokenConnection) {
  from_.peer.Reset();
  EXPECT_TRUE(Eventually([&] {
    Fill();
    return error_ == asio::error::connection_reset;
  }));
  to_.peer.Reset();
  Line other;
  other.peer.Send("x");
  ASSERT_TRUE(Eventually([&] { return pipe_->Fill(other.ours.get(), error_) == 1; }));
  EXPECT_TRUE(Eventually([&] {
    Drain();
    return error_ && error_ != asio::error::would_block;
  }));
  EXPECT_EQ(pipe_->held(), 1u) << "it is not lost without a word";
}

TEST_F(SplicePipeTest, KeepsWhatASlowReaderDoesNotTake) {
  const std::string much(1 << 20, 'm');
  size_t sent = 0;
  EXPECT_TRUE(Eventually([&] {
    from_.peer.Send(much.substr(0, 65536));
    sent += Fill();
    while (Drain() > 0) {
    }
    return pipe_->held() > 0;
  }));
  EXPECT_EQ(error_, asio::error::would_block);
  EXPECT_LE(pipe_->held(), SplicePipe::kBytes);
  EXPECT_GT(sent, pipe_->held());
}

TEST(NoSplicePipeTest, IsNullWithoutDescriptors) {
  const DescriptorLimit none_left(3);
  EXPECT_EQ(SplicePipe::Make(), nullptr);
}

}  // namespace
}  // namespace lifeboat::exitnode
