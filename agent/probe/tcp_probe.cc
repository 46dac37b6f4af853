#include "agent/probe/tcp_probe.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "agent/probe/socket_errors.h"
#include "base/status.h"

namespace lifeboat::agent {

TcpProbes::~TcpProbes() {
  while (!running_.empty()) Cancel(running_.begin()->first);
}

TcpProbes::Id TcpProbes::Start(const WireRequest& request, Done done) {
  const Id id = ++last_id_;
  Attempt& attempt = running_[id];
  attempt.begun = loop_.Now();
  attempt.to = request.to;
  attempt.done = std::move(done);
  const int error = Connect(request, attempt.socket);
  if (error != 0) {
    attempt.timer = loop_.At(attempt.begun, [this, id, error] { Finish(id, error); });
    return id;
  }
  attempt.timer = loop_.At(attempt.begun + request.limit, [this, id] { Finish(id, ETIMEDOUT); });
  loop_.Watch(attempt.socket.get(), EPOLLOUT, [this, id](uint32_t) { OnReady(id); });
  return id;
}

void TcpProbes::Cancel(Id id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  loop_.Cancel(found->second.timer);
  loop_.Unwatch(found->second.socket.get());
  running_.erase(found);
}

int TcpProbes::Connect(const WireRequest& request, Descriptor& socket) {
  sockaddr_storage address;
  socklen_t length = request.to.ToSockaddr(address);
  socket = Descriptor(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.ok()) return errno;
  if (request.source) {
    sockaddr_storage own;
    const socklen_t own_length = Endpoint{*request.source, 0}.ToSockaddr(own);
    if (bind(socket.get(), reinterpret_cast<sockaddr*>(&own), own_length) < 0) return errno;
  }
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address), length) == 0) return 0;
  return errno == EINPROGRESS ? 0 : errno;
}

void TcpProbes::OnReady(Id id) {
  int error = 0;
  socklen_t length = sizeof(error);
  getsockopt(running_.at(id).socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  Finish(id, error);
}

void TcpProbes::Finish(Id id, int error) {
  const auto found = running_.find(id);
  WireResult result;
  result.end.transport = error == 0 ? Transport::kComplete : TransportOfErrno(error);
  result.end.connected = error == 0;
  if (error == 0) {
    result.connect = loop_.Now() - found->second.begun;
  } else {
    result.end.words = Words(ErrnoStatus(error, found->second.to.ToString()));
  }
  const Done done = std::move(found->second.done);
  Cancel(id);
  done(result);
}

}  // namespace lifeboat::agent
