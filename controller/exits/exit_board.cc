#include "controller/exits/exit_board.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

namespace pb = lifeboat::v1;

// A word about the origin that is older than this says nothing of now.
constexpr absl::Duration kUpstreamFresh = absl::Seconds(10);

Epoch FromProto(const pb::Epoch& epoch) {
  return {.generation = epoch.generation(), .revision = epoch.revision()};
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

Upstream FromProto(pb::UpstreamOutcome outcome) {
  switch (outcome) {
    case pb::UPSTREAM_OUTCOME_ANSWERED:
      return Upstream::kAnswered;
    case pb::UPSTREAM_OUTCOME_REFUSED:
      return Upstream::kRefused;
    case pb::UPSTREAM_OUTCOME_NO_CHANNEL:
      return Upstream::kNoChannel;
    default:
      return Upstream::kUnknown;
  }
}

ExitStatus::Service FromProto(const pb::ExitServiceReport& report) {
  ExitStatus::Service service;
  service.open = report.open();
  service.listening = report.listening();
  service.trouble = report.trouble();
  service.tunnel_up = report.tunnel_up();
  service.tunnel_for = FromProto(report.tunnel_since());
  service.upstream = FromProto(report.upstream_age()) <= kUpstreamFresh
                         ? FromProto(report.upstream())
                         : Upstream::kUnknown;
  service.visitors = static_cast<int>(report.visitors());
  service.visitors_total = report.visitors_total();
  service.bytes_in_total = report.bytes_in_total();
  service.bytes_out_total = report.bytes_out_total();
  return service;
}

}  // namespace

ExitBoard::ExitBoard(std::map<std::string, std::vector<ExitServiceSpec>> exits,
                     std::function<Epoch()> epoch, const Clock& clock,
                     std::function<void()> on_change)
    : specs_(std::move(exits)),
      epoch_(std::move(epoch)),
      clock_(clock),
      on_change_(std::move(on_change)) {
  for (const auto& [name, specs] : specs_) seats_[name];
}

uint64_t ExitBoard::Connect(const std::string& exit, const std::string& address,
                            const pb::ExitReport& report, Sender sender) {
  uint64_t stream = 0;
  {
    MutexLock lock(mutex_);
    Seat& seat = seats_[exit];
    stream = next_stream_++;
    seat.stream = stream;
    seat.sender = std::move(sender);
    seat.status.address = address;
    Take(seat, report);
    if (seat.wanted_known) Tell(exit, seat);
    changed_.NotifyAll();
  }
  on_change_();
  return stream;
}

void ExitBoard::Report(const std::string& exit, uint64_t stream, const pb::ExitReport& report) {
  {
    MutexLock lock(mutex_);
    Seat& seat = seats_[exit];
    if (seat.stream != stream) return;
    Take(seat, report);
    changed_.NotifyAll();
  }
  on_change_();
}

void ExitBoard::Disconnect(const std::string& exit, uint64_t stream) {
  {
    MutexLock lock(mutex_);
    Seat& seat = seats_[exit];
    if (seat.stream != stream) return;
    seat.stream = 0;
    seat.sender = nullptr;
    seat.status.connected = false;
    changed_.NotifyAll();
  }
  on_change_();
}

void ExitBoard::Take(Seat& seat, const pb::ExitReport& report) {
  seat.reported_at = clock_.Now();
  seat.applied_epoch = FromProto(report.applied_epoch());
  seat.applied_sequence = report.applied_sequence();
  seat.refused = report.refused();
  ExitStatus& status = seat.status;
  status.connected = true;
  status.highest_epoch = FromProto(report.highest_epoch());
  status.version = report.version();
  status.transport = report.tunnel_transport();
  status.trouble = report.trouble();
  if (!report.refused().empty()) {
    status.trouble = absl::StrCat("it refused an instruction: ", report.refused());
  }
  status.services.clear();
  for (const pb::ExitServiceReport& service : report.services()) {
    status.services[service.name()] = FromProto(service);
  }
}

void ExitBoard::Want(const std::map<std::string, std::set<std::string>>& open_services) {
  const Epoch epoch = epoch_();
  MutexLock lock(mutex_);
  for (const auto& [exit, open] : open_services) {
    const auto found = seats_.find(exit);
    if (found == seats_.end()) continue;
    Seat& seat = found->second;
    if (seat.wanted_known && seat.wanted == open && seat.told_epoch == epoch) continue;
    seat.wanted_known = true;
    seat.wanted = open;
    if (seat.stream != 0) Tell(exit, seat);
  }
}

void ExitBoard::Tell(const std::string& exit, Seat& seat) {
  seat.told_epoch = epoch_();
  // An exit that has obeyed a higher epoch would refuse; the loop has seen it and acts on nothing.
  if (seat.status.highest_epoch > seat.told_epoch) return;
  seat.told_sequence = next_sequence_++;
  pb::ExitInstruction instruction;
  instruction.mutable_epoch()->set_generation(seat.told_epoch.generation);
  instruction.mutable_epoch()->set_revision(seat.told_epoch.revision);
  instruction.set_sequence(seat.told_sequence);
  for (const ExitServiceSpec& spec : specs_.at(exit)) {
    pb::ExitService& service = *instruction.add_services();
    service.set_name(spec.name);
    service.set_token(spec.token);
    for (const uint16_t port : spec.tcp_ports) service.add_tcp_ports(port);
    for (const uint16_t port : spec.udp_ports) service.add_udp_ports(port);
    service.set_open(seat.wanted.contains(spec.service));
  }
  seat.sender(instruction);
}

bool ExitBoard::IsOpen(const std::string& exit, const Seat& seat,
                       const std::string& service) const {
  const bool obeyed = seat.stream != 0 && seat.wanted.contains(service) &&
                      seat.applied_epoch == seat.told_epoch &&
                      seat.applied_sequence >= seat.told_sequence;
  bool served = false;
  for (const ExitServiceSpec& spec : specs_.at(exit)) {
    if (spec.service != service) continue;
    const auto status = seat.status.services.find(spec.name);
    const bool listens =
        status != seat.status.services.end() && status->second.open && status->second.listening;
    if (!listens) return false;
    served = true;
  }
  return obeyed && served;
}

std::string ExitBoard::WhyNotOpen(const std::string& exit, const Seat& seat,
                                  const std::string& service) const {
  if (seat.stream == 0) return "it is not connected";
  if (!seat.refused.empty()) return seat.refused;
  for (const ExitServiceSpec& spec : specs_.at(exit)) {
    if (spec.service != service) continue;
    const auto status = seat.status.services.find(spec.name);
    if (status == seat.status.services.end()) return "it does not know the service";
    if (!status->second.trouble.empty()) return status->second.trouble;
  }
  return "it has not said that it is open";
}

absl::Status ExitBoard::AwaitOpen(const std::string& exit, const std::string& service,
                                  absl::Duration limit) {
  const Instant deadline = clock_.Now() + limit;
  MutexLock lock(mutex_);
  const auto found = seats_.find(exit);
  if (found == seats_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no exit \"", exit, "\""));
  }
  Seat& seat = found->second;
  while (!IsOpen(exit, seat, service)) {
    const absl::Duration left = deadline - clock_.Now();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(absl::StrCat("exit/", exit, " within ",
                                                      absl::FormatDuration(limit), ": ",
                                                      WhyNotOpen(exit, seat, service)));
    }
    changed_.WaitFor(mutex_, left);
  }
  return absl::OkStatus();
}

std::map<std::string, ExitStatus> ExitBoard::Statuses() const {
  const Instant now = clock_.Now();
  MutexLock lock(mutex_);
  std::map<std::string, ExitStatus> statuses;
  for (const auto& [name, seat] : seats_) {
    ExitStatus status = seat.status;
    const absl::Duration age = now - seat.reported_at;
    for (auto& [service_name, service] : status.services) {
      service.tunnel_for += age;
      if (age > kUpstreamFresh) service.upstream = Upstream::kUnknown;
    }
    statuses[name] = std::move(status);
  }
  return statuses;
}

}  // namespace lifeboat
