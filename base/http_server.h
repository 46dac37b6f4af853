#ifndef LIFEBOAT_BASE_HTTP_SERVER_H_
#define LIFEBOAT_BASE_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/address.h"
#include "base/metrics.h"

struct MHD_Daemon;

namespace lifeboat {

struct HttpRequest {
  std::string path;    // "/api/v1/state"
  std::string accept;  // the Accept header; empty where there is none
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::map<std::string, std::string> headers = {};  // besides the security headers
};

using HttpRoute = std::function<HttpResponse(const HttpRequest&)>;

struct HttpServerOptions {
  Endpoint listen;  // port 0: the kernel's choice
  // Names under which it may be asked besides addresses and "localhost": a page that was resolved
  // to us by a stranger's DNS must not be readable (DNS rebinding).
  std::vector<std::string> hosts = {};
  unsigned most_connections = 1024;
};

// A small HTTP/1.1 server for pages and figures, on libmicrohttpd: GET and HEAD alone, one thread,
// every answer with the headers that keep a browser from running or sending what is not ours.
class HttpServer {
 public:
  // Routes by exact path; they are called on the server's thread and must not block. The error
  // names the address that cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                           std::map<std::string, HttpRoute> routes);
  ~HttpServer();

  uint16_t port() const { return port_; }
  // What is answered to `request` that names `host`; a HEAD gets the same without its body.
  HttpResponse Answer(const std::string& host, const HttpRequest& request) const;

 private:
  HttpServer(HttpServerOptions options, std::map<std::string, HttpRoute> routes)
      : options_(std::move(options)), routes_(std::move(routes)) {}
  bool MayBeAskedAs(absl::string_view host) const;

  const HttpServerOptions options_;
  const std::map<std::string, HttpRoute> routes_;
  uint16_t port_ = 0;
  MHD_Daemon* daemon_ = nullptr;
};

// /metrics of `registry`, and /livez and /readyz, which say "ok" or 503 with the reason that the
// function gives ("" is well).
std::map<std::string, HttpRoute> HealthRoutes(const prometheus::Registry& registry,
                                              std::function<std::string()> not_live,
                                              std::function<std::string()> not_ready);

// A server with those at `listen`, "address:port"; none where it is empty.
absl::StatusOr<std::unique_ptr<HttpServer>> StartHealthServer(
    absl::string_view listen, const prometheus::Registry& registry,
    std::function<std::string()> not_live, std::function<std::string()> not_ready);

// Where `text`, "address:port", says to listen.
absl::StatusOr<HttpServerOptions> ParseHttpListen(absl::string_view text);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_HTTP_SERVER_H_
