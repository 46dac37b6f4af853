#include "exitnode/connector/echo_request.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

const std::string kHex = absl::StrCat(std::string(62, '0'), "7f");

TEST(EchoRequestTest, TakesANonceOnAnyPath) {
  for (const char* path : {"/", "/.well-known/lifeboat/echo", "/a%20b"}) {
    const EchoRequest request = ParseEchoRequest(
        absl::StrCat("GET ", path, "?nonce=", kHex, " HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_EQ(request.status, 200) << path;
    EXPECT_EQ(ToHex(request.nonce), kHex);
  }
}

TEST(EchoRequestTest, RefusesEverythingElse) {
  const std::string good = absl::StrCat("GET /?nonce=", kHex, " HTTP/1.1\r\n");
  const std::pair<std::string, int> kCases[] = {
      {"", 400},
      {"\r\n\r\n", 400},
      {good, 400},
      {absl::StrCat("GET /?nonce=", kHex, " HTTP/2\r\n\r\n"), 400},
      {absl::StrCat("GET  /?nonce=", kHex, " HTTP/1.1\r\n\r\n"), 400},
      {absl::StrCat("GET ?nonce=", kHex, " HTTP/1.1\r\n\r\n"), 400},
      {absl::StrCat(good, "no colon\r\n\r\n"), 400},
      {absl::StrCat(good, "Content-Length: 1\r\n\r\n"), 413},
      {absl::StrCat(good, "transfer-encoding: chunked\r\n\r\n"), 413},
      {absl::StrCat("POST /?nonce=", kHex, " HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), 405},
      {absl::StrCat("HEAD /?nonce=", kHex, " HTTP/1.1\r\n\r\n"), 405},
      {"GET / HTTP/1.1\r\n\r\n", 404},
      {absl::StrCat("GET /?a=b&nonce=", kHex, " HTTP/1.1\r\n\r\n"), 404},
      {"GET /?nonce= HTTP/1.1\r\n\r\n", 400},
      {absl::StrCat("GET /?nonce=", kHex, "0 HTTP/1.1\r\n\r\n"), 400},
      {absl::StrCat("GET /?nonce=", kHex, "&a=b HTTP/1.1\r\n\r\n"), 400},
      {absl::StrCat("GET /?nonce=", std::string(64, 'F'), " HTTP/1.1\r\n\r\n"), 400},
  };
  for (const auto& [head, status] : kCases) {
    EXPECT_EQ(ParseEchoRequest(head).status, status) << head;
  }
}

TEST(EchoRequestTest, AnswersWhatNoCacheMayKeep) {
  EXPECT_EQ(EchoResponse(200, "ab"),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\n"
            "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_EQ(EchoResponse(405, ""),
            "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nCache-Control: no-store\r\n"
            "Allow: GET\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace lifeboat::exitnode
