#ifndef LIFEBOAT_AGENT_PROBE_TESTING_FAKE_WEB_SERVER_H_
#define LIFEBOAT_AGENT_PROBE_TESTING_FAKE_WEB_SERVER_H_

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/address.h"
#include "base/descriptor.h"
#include "base/tls.h"

namespace lifeboat::agent {

// One accepted connection of a FakeWebServer, in clear or under TLS.
class FakeWebConnection {
 public:
  FakeWebConnection(Descriptor socket, Endpoint peer) : socket_(std::move(socket)), peer_(peer) {}
  ~FakeWebConnection() { SSL_free(tls_); }
  FakeWebConnection(const FakeWebConnection&) = delete;
  FakeWebConnection& operator=(const FakeWebConnection&) = delete;

  bool Accept(SSL_CTX* context);
  // The request's head, or nothing when the peer went away.
  std::string ReadHead();
  void Write(absl::string_view text);
  void Reset();  // closes with a TCP reset
  const Endpoint& peer() const { return peer_; }
  std::string sni() const;
  std::string peer_uri() const;  // of the client's certificate

 private:
  Descriptor socket_;
  Endpoint peer_;
  SSL* tls_ = nullptr;
};

// A web server on 127.0.0.1 that does with each connection, one after the other, what the test
// says. Connections stay open until the server goes, unless they are reset or answered.
class FakeWebServer {
 public:
  enum class After { kClose, kKeepOpen };
  using Serve = std::function<After(FakeWebConnection&)>;

  // Under TLS when `tls` is given: then `serve` gets connections whose handshake has succeeded.
  // With `client_ca`, a PEM file, clients must show a certificate of that authority.
  explicit FakeWebServer(Serve serve, const TlsFiles* tls = nullptr, int backlog = 128,
                         const std::string& client_ca = "");
  ~FakeWebServer();

  const Endpoint& endpoint() const { return endpoint_; }
  int accepted() const { return accepted_; }

  // Answers each request with `answer`, then closes.
  static Serve Answer(std::string answer);

 private:
  void Run();

  const Serve serve_;
  SslContext context_;
  Descriptor listener_;
  Endpoint endpoint_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> accepted_{0};
  std::vector<std::unique_ptr<FakeWebConnection>> open_;
  std::thread thread_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_TESTING_FAKE_WEB_SERVER_H_
