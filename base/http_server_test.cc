#include "base/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace lifeboat {
namespace {

// Sends `request` whole and reads to the end.
std::string Exchange(uint16_t port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_storage address;
  const socklen_t size = Endpoint::Parse(absl::StrCat("127.0.0.1:", port))->ToSockaddr(address);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) {
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t n = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) answer.append(buffer, n);
  }
  close(fd);
  return answer;
}

std::string Ask(uint16_t port, const std::string& method, const std::string& path,
                const std::string& host = "127.0.0.1") {
  return Exchange(port, absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: ", host,
                                     "\r\nConnection: close\r\n\r\n"));
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    auto routes = HealthRoutes(
        registry_, [] { return ""; }, [] { return "no agent is connected"; });
    routes["/"] = [](const HttpRequest& request) -> HttpResponse {
      return {.body = absl::StrCat("hello ", request.accept)};
    };
    auto server = HttpServer::Start({.listen = *Endpoint::Parse("127.0.0.1:0")}, routes);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  prometheus::Registry registry_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWithHeadersThatGuardABrowser) {
  const std::string answer = Ask(server_->port(), "GET", "/");
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(answer.find("nosniff"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\nhello "), std::string::npos);
}

TEST_F(HttpServerTest, HeadHasNoBodyAndNothingElseIsDone) {
  const std::string head = Ask(server_->port(), "HEAD", "/");
  EXPECT_EQ(head.substr(head.find("\r\n\r\n")), "\r\n\r\n");
  EXPECT_EQ(Ask(server_->port(), "POST", "/").substr(9, 3), "405");
  EXPECT_EQ(Ask(server_->port(), "GET", "/nowhere").substr(9, 3), "404");
}

TEST_F(HttpServerTest, IsNotReadableUnderAStrangersName) {
  EXPECT_EQ(Ask(server_->port(), "GET", "/", "evil.example").substr(9, 3), "421");
  EXPECT_EQ(Ask(server_->port(), "GET", "/", "localhost:9440").substr(9, 3), "200");
  EXPECT_EQ(Ask(server_->port(), "GET", "/", "[::1]:9440").substr(9, 3), "200");
}

TEST_F(HttpServerTest, SaysWhatKeepsItFromBeingReady) {
  EXPECT_EQ(Ask(server_->port(), "GET", "/livez").substr(9, 3), "200");
  const std::string answer = Ask(server_->port(), "GET", "/readyz");
  EXPECT_EQ(answer.substr(9, 3), "503");
  EXPECT_NE(answer.find("no agent is connected"), std::string::npos);
}

TEST_F(HttpServerTest, ShowsMetrics) {
  Counter(registry_, "lifeboat_test_total", "A test.").Increment();
  EXPECT_NE(Ask(server_->port(), "GET", "/metrics").find("lifeboat_test_total 1"),
            std::string::npos);
}

TEST_F(HttpServerTest, NamesAnAddressThatIsTaken) {
  const Endpoint taken{.address = *IpAddress::Parse("127.0.0.1"), .port = server_->port()};
  const auto second = HttpServer::Start({.listen = taken}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find(taken.ToString()), absl::string_view::npos);
}

TEST_F(HttpServerTest, BearsGarbage) {
  Exchange(server_->port(), "\x16\x03\x01 garbage\r\n\r\n\r\n");
  EXPECT_EQ(Ask(server_->port(), "GET", "/").substr(9, 3), "200");
}

}  // namespace
}  // namespace lifeboat
