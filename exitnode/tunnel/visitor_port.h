#ifndef LIFEBOAT_EXITNODE_TUNNEL_VISITOR_PORT_H_
#define LIFEBOAT_EXITNODE_TUNNEL_VISITOR_PORT_H_

#include <functional>
#include <memory>
#include <string>

#include "exitnode/guard/socket_filter.h"
#include "exitnode/tcp/socket.h"

namespace lifeboat::exitnode {

// One address and port where visitors come in. It is dark or open, and stays bound whatever the
// tunnel does.
class VisitorPort {
 public:
  VisitorPort(const asio::any_io_executor& executor, const Endpoint& endpoint, Log& log)
      : executor_(executor), endpoint_(endpoint), log_(log) {}
  ~VisitorPort() { Close(); }
  VisitorPort(const VisitorPort&) = delete;
  VisitorPort& operator=(const VisitorPort&) = delete;

  // Binds if it is not bound yet, and makes the port as dark as `filter` says; null: open. A port
  // that cannot be made dark is closed again, for silence is what was asked for. Visitors go to
  // `take`, which must not outlive what it holds on to weakly.
  absl::Status Ensure(const FilterProgram* filter, const TakeConnection& take);
  void Close();

  bool listening() const { return acceptor_ != nullptr; }
  const Endpoint& endpoint() const { return endpoint_; }
  // With the port that the kernel chose, if it was to choose.
  Endpoint local_endpoint() const;

 private:
  absl::Status Bind(const FilterProgram* filter, const TakeConnection& take);

  const asio::any_io_executor executor_;
  const Endpoint endpoint_;
  Log& log_;
  std::shared_ptr<Tcp::acceptor> acceptor_;  // shared with its accept loop
};

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TUNNEL_VISITOR_PORT_H_
