#include "agent/probe/testing/fake_web_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <utility>

#include "absl/strings/match.h"

namespace lifeboat::agent {

bool FakeWebConnection::Accept(SSL_CTX* context) {
  tls_ = SSL_new(context);
  SSL_set_fd(tls_, socket_.get());
  return SSL_accept(tls_) == 1;
}

std::string FakeWebConnection::ReadHead() {
  std::string head;
  char byte;
  while (!absl::EndsWith(head, "\r\n\r\n")) {
    const ssize_t got =
        tls_ != nullptr ? SSL_read(tls_, &byte, 1) : recv(socket_.get(), &byte, 1, 0);
    if (got <= 0) return "";
    head += byte;
  }
  return head;
}

void FakeWebConnection::Write(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = tls_ != nullptr
                             ? SSL_write(tls_, text.data(), static_cast<int>(text.size()))
                             : send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(sent);
  }
}

void FakeWebConnection::Reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  socket_.Reset();
}

std::string FakeWebConnection::sni() const {
  const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string FakeWebConnection::peer_uri() const {
  const auto identity = VerifyPeerIdentity(tls_, {.trust_domain = "test", .roles = {Role::kAgent}});
  return identity.ok() ? identity->Uri() : std::string(identity.status().message());
}

FakeWebServer::FakeWebServer(Serve serve, const TlsFiles* tls, int backlog,
                             const std::string& client_ca)
    : serve_(std::move(serve)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to peers that are gone
  if (tls != nullptr) {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate_chain_file(context_.get(), tls->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), tls->key.c_str(), SSL_FILETYPE_PEM);
    if (!client_ca.empty()) {
      SSL_CTX_load_verify_locations(context_.get(), client_ca.c_str(), nullptr);
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         nullptr);
    }
  }
  sockaddr_storage address;
  socklen_t length = Endpoint{*IpAddress::Parse("127.0.0.1"), 0}.ToSockaddr(address);
  bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length);
  listen(listener_.get(), backlog);
  length = sizeof(address);
  getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
  endpoint_ = *Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
  if (serve_) thread_ = std::thread([this] { Run(); });
}

FakeWebServer::~FakeWebServer() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

FakeWebServer::Serve FakeWebServer::Answer(std::string answer) {
  return [answer](FakeWebConnection& connection) {
    if (!connection.ReadHead().empty()) connection.Write(answer);
    return After::kClose;
  };
}

void FakeWebServer::Run() {
  while (!stopping_) {
    pollfd ready{listener_.get(), POLLIN, 0};
    if (poll(&ready, 1, 10) <= 0) continue;
    sockaddr_storage from;
    socklen_t length = sizeof(from);
    auto* peer = reinterpret_cast<sockaddr*>(&from);
    Descriptor socket(accept4(listener_.get(), peer, &length, SOCK_CLOEXEC));
    if (!socket.ok()) continue;
    ++accepted_;
    const timeval patience{.tv_sec = 5, .tv_usec = 0};  // no peer may hold up the test's end
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    auto connection =
        std::make_unique<FakeWebConnection>(std::move(socket), *Endpoint::FromSockaddr(peer));
    if (context_ != nullptr && !connection->Accept(context_.get())) continue;
    if (serve_(*connection) == After::kKeepOpen) open_.push_back(std::move(connection));
  }
}

}  // namespace lifeboat::agent
