#ifndef LIFEBOAT_CONTROLLER_EXITS_EXIT_BOARD_H_
#define LIFEBOAT_CONTROLLER_EXITS_EXIT_BOARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "controller/failover/exit_commander.h"
#include "proto/lifeboat/v1/exitnode.pb.h"

namespace lifeboat {

// What an exit node must serve of one service: all its TCP ports, or all its UDP ports.
struct ExitServiceSpec {
  std::string service;
  std::string name;   // of this in the tunnel
  std::string token;  // secret
  std::vector<uint16_t> tcp_ports = {};
  std::vector<uint16_t> udp_ports = {};
};

// What every exit node is to be and last said that it is. Streams come and go; what is wanted
// stays, and each exit node is told as soon as it connects. Thread-safe.
class ExitBoard final : public ExitCommander {
 public:
  // Sends one instruction down a stream, at once and without blocking. Called under the board's
  // lock.
  using Sender = std::function<void(const lifeboat::v1::ExitInstruction&)>;

  // `epoch` says the controller's epoch now; `on_change` that a report came. Neither may call back.
  ExitBoard(std::map<std::string, std::vector<ExitServiceSpec>> exits, std::function<Epoch()> epoch,
            const Clock& clock, std::function<void()> on_change);

  bool Knows(const std::string& exit) const { return specs_.contains(exit); }
  // A stream has begun with its first report. Returns its number; an older stream counts no more.
  uint64_t Connect(const std::string& exit, const std::string& address,
                   const lifeboat::v1::ExitReport& report, Sender sender);
  void Report(const std::string& exit, uint64_t stream, const lifeboat::v1::ExitReport& report);
  void Disconnect(const std::string& exit, uint64_t stream);

  void Want(const std::map<std::string, std::set<std::string>>& open_services) override;
  absl::Status AwaitOpen(const std::string& exit, const std::string& service,
                         absl::Duration limit) override;
  std::map<std::string, ExitStatus> Statuses() const override;

 private:
  struct Seat {
    uint64_t stream = 0;  // of the present one; 0: none
    Sender sender;
    ExitStatus status;
    Instant reported_at;
    Epoch applied_epoch;
    uint64_t applied_sequence = 0;
    std::string refused;
    bool wanted_known = false;
    std::set<std::string> wanted;  // open to the public
    Epoch told_epoch;              // of the last instruction
    uint64_t told_sequence = 0;    // likewise
  };

  void Tell(const std::string& exit, Seat& seat);
  void Take(Seat& seat, const lifeboat::v1::ExitReport& report);
  bool IsOpen(const std::string& exit, const Seat& seat, const std::string& service) const;
  std::string WhyNotOpen(const std::string& exit, const Seat& seat,
                         const std::string& service) const;

  const std::map<std::string, std::vector<ExitServiceSpec>> specs_;
  const std::function<Epoch()> epoch_;
  const Clock& clock_;
  const std::function<void()> on_change_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Seat> seats_ GUARDED_BY(mutex_);
  uint64_t next_stream_ GUARDED_BY(mutex_) = 1;
  uint64_t next_sequence_ GUARDED_BY(mutex_) = 1;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_EXITS_EXIT_BOARD_H_
