#include "base/clock_kicker.h"

#include <poll.h>

#include <atomic>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/testing/eventually.h"
#include "base/testing/wall_clock_step.h"
#include "grpc/support/time.h"
#include "grpcpp/alarm.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace lifeboat {
namespace {

// Alarms of gRPC, every 100 ms for a second.
class Alarms {
 public:
  Alarms() {
    for (int i = 1; i <= kCount; ++i) {
      alarms_.push_back(std::make_unique<grpc::Alarm>());
      alarms_.back()->Set(
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(i * 100, GPR_TIMESPAN)),
          [this](bool) { ++fired_; });
    }
  }
  bool AllFireWithin(absl::Duration limit) {
    return Eventually([this] { return fired_ == kCount; }, limit);
  }

 private:
  static constexpr int kCount = 10;
  std::atomic<int> fired_ = 0;
  std::vector<std::unique_ptr<grpc::Alarm>> alarms_;
};

TEST(ClockKickerTest, AlarmsFireInTimeAfterTheWallClockWasSetBack) {
  const ClockKicker kicker;
  // Each round at another moment between kicks and alarms.
  for (int round = 0; round < 5; ++round) {
    Alarms alarms;
    poll(nullptr, 0, 37 * round);
    StepWallClock(-3600);
    EXPECT_TRUE(alarms.AllFireWithin(absl::Seconds(4))) << "round " << round;
  }
}

// A server that answers UNIMPLEMENTED, on `port` or, where that is 0, on one that the kernel gives.
class Server {
 public:
  explicit Server(int& port) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }

 private:
  grpc::CallbackGenericService service_;
  std::unique_ptr<grpc::Server> server_;
};

gpr_timespec In(int milliseconds) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(milliseconds, GPR_TIMESPAN));
}

TEST(ClockKickerTest, AChannelReconnectsAfterTheWallClockWasSetBack) {
  const ClockKicker kicker;
  for (int round = 0; round < 4; ++round) {
    int port = 0;
    { const Server closes_the_port_again(port); }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 400);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 400);
    const auto channel = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                                   grpc::InsecureChannelCredentials(), arguments);
    EXPECT_FALSE(channel->WaitForConnected(In(100 + 37 * round)));  // now it waits to try again
    StepWallClock(-3600);
    const Server server(port);
    EXPECT_TRUE(channel->WaitForConnected(In(6000))) << "round " << round;
  }
}

// If this fails the remedy may be superfluous, or the stepped clock of the test does not step.
TEST(ClockKickerTest, WithoutItTheyWaitAsLongAsTheStep) {
  const SystemClock clock;
  grpc_init();
  {
    Alarms alarms;
    poll(nullptr, 0, 50);  // the timer thread waits for the first one by now
    StepWallClock(-2);
    const Instant start = clock.Now();
    EXPECT_TRUE(alarms.AllFireWithin(absl::Seconds(10)));
    EXPECT_GE(clock.Now() - start, absl::Seconds(2));
  }
  grpc_shutdown();
}

}  // namespace
}  // namespace lifeboat
