#ifndef LIFEBOAT_EXITNODE_TUNNEL_SERVICE_H_
#define LIFEBOAT_EXITNODE_TUNNEL_SERVICE_H_

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "asio/awaitable.hpp"
#include "asio/steady_timer.hpp"
#include "base/clock.h"
#include "base/log.h"
#include "exitnode/tunnel/channel_demand.h"
#include "exitnode/tunnel/channel_pool.h"
#include "exitnode/tunnel/relay.h"
#include "exitnode/tunnel/service_spec.h"
#include "exitnode/tunnel/session.h"
#include "exitnode/tunnel/udp_port.h"
#include "exitnode/tunnel/visitor_port.h"
#include "exitnode/wire/rathole.h"

namespace lifeboat::exitnode {

struct ServicePolicy {
  std::vector<IpAddress> visitor_addresses;  // where every service's ports are bound
  ChannelPolicy channels;
  ChannelPolicy udp_channels{.spare = 1};  // each port takes one and keeps it
  SessionTiming session;
  UdpPolicy udp;
  // How long a visitor waits for a data channel: long enough for a client to reconnect.
  std::chrono::milliseconds visitor_patience{10'000};
  int most_waiting = 2048;   // visitors of one service that wait for a channel
  int most_pooled = 512;     // data channels of one service, asked for or not
  int most_visitors = 9000;  // of all services together
};

// What the services of one tunnel server have in common. Clock and log outlive all of it.
struct ServiceContext {
  ServicePolicy policy;
  const Clock& clock;
  Log& log;
  std::function<void()> on_change;  // something that a report would say has changed
  RelayPools pools{};
  DatagramInbox datagrams{};
  int visitors = 0;  // of all services, now
};

// One service: its visitor ports, the tunnel client that serves it at present, and the visitors
// between the two. Ports outlive clients, and streams outlive both.
class Service : public std::enable_shared_from_this<Service> {
 public:
  Service(const asio::any_io_executor& executor, absl::string_view name,
          std::shared_ptr<ServiceContext> context);

  // Takes over what the service is to be, and closes the ports that it no longer has. A changed
  // token ends the session.
  void Adopt(const ServiceSpec& spec);
  // Binds what is not bound and makes it as dark as the spec says, with `dark` as the filter.
  void ShapePorts(std::shared_ptr<const FilterProgram> dark);
  // Ends the ports, the session and the waiting, for a service that is no more. Streams run on.
  void Retire();
  // Once a second: tries again what failed.
  void Tick();

  // Serves a client that has proven itself, until it leaves or a newer one comes.
  static asio::awaitable<void> Serve(std::shared_ptr<Service> self, Tcp::socket control,
                                     Digest key);
  // A data channel of the present session.
  void AddChannel(Tcp::socket channel);

  const Digest& name_digest() const { return name_digest_; }
  const std::string& token() const { return spec_.token; }
  const Session* session() const { return session_.get(); }
  ServiceReport Report() const;

 private:
  struct Waiter {
    asio::steady_timer patience;
    std::optional<Tcp::socket> channel{};
  };
  class Attendance;
  class Meter;

  void Receive(Tcp::socket visitor);
  static asio::awaitable<void> Carry(std::shared_ptr<Service> self, Tcp::socket visitor);
  asio::awaitable<std::optional<Tcp::socket>> StartChannel(Tcp::socket& visitor, Meter& meter);
  static asio::awaitable<std::optional<Tcp::socket>> StartDatagrams(std::shared_ptr<Service> self);
  asio::awaitable<std::optional<Tcp::socket>> TakeChannel();
  UdpHooks HooksOfUdp();
  void MakePorts(const IpAddress& address, const ServiceSpec& spec);
  void Install(std::shared_ptr<Session> session);
  void RenewDatagramChannels();
  void Forget(const Session& session, const absl::Status& why);
  void Replenish();
  void Record(UpstreamOutcome outcome);

  const asio::any_io_executor executor_;
  const std::string name_;
  const Digest name_digest_;
  const std::shared_ptr<ServiceContext> context_;

  ServiceSpec spec_;
  std::vector<std::unique_ptr<VisitorPort>> ports_;
  std::vector<std::unique_ptr<UdpPort>> udp_ports_;
  std::shared_ptr<const FilterProgram> dark_;
  std::string trouble_;

  std::shared_ptr<Session> session_;  // null while the tunnel is down
  uint64_t term_ = 0;                 // grows when the channels of datagrams are another client's
  Instant tunnel_since_;
  ChannelDemand demand_;
  ChannelPool pool_;
  std::list<std::shared_ptr<Waiter>> waiters_;  // longest waiting first

  Upstream upstream_;
  uint32_t visitors_ = 0;
  uint64_t visitors_total_ = 0, turned_away_total_ = 0;
  uint64_t bytes_in_total_ = 0, bytes_out_total_ = 0;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_SERVICE_H_
