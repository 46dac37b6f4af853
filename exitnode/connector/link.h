#ifndef LIFEBOAT_EXITNODE_CONNECTOR_LINK_H_
#define LIFEBOAT_EXITNODE_CONNECTOR_LINK_H_

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "base/clock.h"
#include "base/log.h"
#include "exitnode/connector/connector.h"
#include "exitnode/connector/datagram_carrier.h"
#include "exitnode/connector/gate.h"
#include "exitnode/tcp/socket.h"
#include "exitnode/tunnel/relay.h"
#include "exitnode/wire/rathole.h"

namespace lifeboat::exitnode {

// What the links of one connector have in common.
struct LinkContext {
  asio::any_io_executor executor;
  ConnectorOptions options;
  const Clock& clock;
  Log& log;
  absl::BitGenRef random;
  RelayPools pools{};
  DatagramInbox datagrams{};
  int channels = 0;  // of all links, being opened, waiting or carrying
  int flows = 0;     // of all links
  bool stopped = false;
};

// One service at one exit node: the control channel, kept up for ever, and the data channels that
// come of it. A data channel that waits ends with its session; one that carries a visitor does not.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(std::shared_ptr<LinkContext> context, std::shared_ptr<Gate> gate, const ConnectorExit& exit,
       const ConnectorService& service);

  static asio::awaitable<void> Run(std::shared_ptr<Link> self);
  void Stop();
  LinkReport Report() const { return report_; }

 private:
  struct Session;
  class Waiting;
  class Opening;
  class Stream;
  class Presence;
  class Datagrams;
  struct Start;

  asio::awaitable<absl::Status> RunSession();
  asio::awaitable<absl::StatusOr<Digest>> Authenticate(Tcp::socket& control);
  asio::awaitable<absl::Status> ExpectOk(Tcp::socket& control);
  asio::awaitable<absl::Status> Obey(Tcp::socket& control, std::shared_ptr<Session> session);
  void BeginChannel(const std::shared_ptr<Session>& session);
  static asio::awaitable<void> RunChannel(std::shared_ptr<Link> self,
                                          std::shared_ptr<Session> session);
  asio::awaitable<absl::StatusOr<Tcp::socket>> OpenChannel(Session& session);
  asio::awaitable<std::optional<Start>> AwaitStart(Tcp::socket& channel, Session& session);
  asio::awaitable<void> Carry(Tcp::socket& channel, const Start& start);
  asio::awaitable<void> CarryDatagramsOf(Tcp::socket channel, Start start);
  void TellTargetFailure(const absl::Status& why);
  void Up();
  void Down(const absl::Status& why, int failures);

  const std::shared_ptr<LinkContext> context_;
  const std::shared_ptr<Gate> gate_;  // of the exit node
  const ConnectorExit exit_;
  const ConnectorService service_;
  const HostPort target_;

  Tcp::socket* control_ = nullptr;  // while a session lasts
  asio::steady_timer retry_;
  LinkReport report_;
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_CONNECTOR_LINK_H_
