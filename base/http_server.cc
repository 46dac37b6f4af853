#include "base/http_server.h"

#include <microhttpd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/listener.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr unsigned kIdleSeconds = 30;
constexpr std::pair<const char*, const char*> kSecurityHeaders[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
};

struct ResponseFree {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};

const char* Header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

MHD_Result Send(MHD_Connection* connection, const HttpResponse& answer) {
  const std::unique_ptr<MHD_Response, ResponseFree> response(MHD_create_response_from_buffer(
      answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY));
  if (!response) return MHD_NO;
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE,
                          answer.content_type.c_str());
  for (const auto& [name, value] : kSecurityHeaders) {
    if (!answer.headers.contains(name)) MHD_add_response_header(response.get(), name, value);
  }
  for (const auto& [name, value] : answer.headers) {
    MHD_add_response_header(response.get(), name.c_str(), value.c_str());
  }
  return MHD_queue_response(connection, static_cast<unsigned>(answer.status), response.get());
}

// libmicrohttpd's handler: first called with the headers alone, then without a body once more.
MHD_Result Handle(void* self, MHD_Connection* connection, const char* url, const char* method,
                  const char*, const char*, size_t* upload_size, void** state) {
  static char kSeenHeaders;
  if (*state == nullptr) {
    *state = &kSeenHeaders;
    return MHD_YES;
  }
  if (*upload_size != 0) {
    *upload_size = 0;  // nobody is asked to send a body; what comes is dropped
    return MHD_YES;
  }
  const absl::string_view verb(method);
  if (verb != "GET" && verb != "HEAD") {
    return Send(connection, {.status = 405,
                             .body = "this server only answers GET and HEAD\n",
                             .headers = {{"Allow", "GET, HEAD"}}});
  }
  const HttpRequest request{.path = url, .accept = Header(connection, MHD_HTTP_HEADER_ACCEPT)};
  return Send(connection, static_cast<const HttpServer*>(self)->Answer(
                              Header(connection, MHD_HTTP_HEADER_HOST), request));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    HttpServerOptions options, std::map<std::string, HttpRoute> routes) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(options), std::move(routes)));
  // Ours, since libmicrohttpd's own errors do not say which address failed, nor why.
  ASSIGN_OR_RETURN(Listener listener, ListenTcp(server->options_.listen));
  server->port_ = listener.local.port;
  server->daemon_ = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0,
                                     nullptr, nullptr, &Handle, server.get(),
                                     MHD_OPTION_LISTEN_SOCKET, listener.socket.get(),
                                     MHD_OPTION_CONNECTION_LIMIT, server->options_.most_connections,
                                     MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return absl::InternalError(
        absl::StrCat("libmicrohttpd did not start on ", server->options_.listen.ToString()));
  }
  listener.socket.Release();  // the daemon closes it
  return server;
}

HttpServer::~HttpServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

bool HttpServer::MayBeAskedAs(absl::string_view host) const {
  const size_t colon = host.rfind(':');
  const bool has_port = colon != absl::string_view::npos && host.back() != ']';
  if (has_port) host = host.substr(0, colon);
  absl::string_view bare = host;
  if (absl::ConsumePrefix(&bare, "[")) absl::ConsumeSuffix(&bare, "]");
  if (host.empty() || host == "localhost" || IpAddress::Parse(bare).ok()) return true;
  return std::find(options_.hosts.begin(), options_.hosts.end(), host) != options_.hosts.end();
}

HttpResponse HttpServer::Answer(const std::string& host, const HttpRequest& request) const {
  if (!MayBeAskedAs(host)) {
    return {.status = 421,
            .body = absl::StrCat("this server is not known as \"", host,
                                 "\"; ask it by address or localhost\n")};
  }
  const auto route = routes_.find(request.path);
  if (route == routes_.end()) return {.status = 404, .body = "there is nothing here\n"};
  return route->second(request);
}

std::map<std::string, HttpRoute> HealthRoutes(const prometheus::Registry& registry,
                                              std::function<std::string()> not_live,
                                              std::function<std::string()> not_ready) {
  const auto health = [](std::function<std::string()> trouble) -> HttpRoute {
    return [trouble = std::move(trouble)](const HttpRequest&) -> HttpResponse {
      const std::string words = trouble();
      if (words.empty()) return {.body = "ok\n"};
      return {.status = 503, .body = absl::StrCat(words, "\n")};
    };
  };
  return {{"/metrics",
           [&registry](const HttpRequest&) -> HttpResponse {
             return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
                     .body = MetricsText(registry)};
           }},
          {"/livez", health(std::move(not_live))},
          {"/readyz", health(std::move(not_ready))}};
}

absl::StatusOr<std::unique_ptr<HttpServer>> StartHealthServer(
    absl::string_view listen, const prometheus::Registry& registry,
    std::function<std::string()> not_live, std::function<std::string()> not_ready) {
  if (listen.empty()) return nullptr;
  ASSIGN_OR_RETURN(HttpServerOptions options, ParseHttpListen(listen));
  return HttpServer::Start(std::move(options),
                           HealthRoutes(registry, std::move(not_live), std::move(not_ready)));
}

absl::StatusOr<HttpServerOptions> ParseHttpListen(absl::string_view text) {
  HttpServerOptions options;
  ASSIGN_OR_RETURN(options.listen, Endpoint::Parse(text));
  return options;
}

}  // namespace lifeboat
