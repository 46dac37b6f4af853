#include "exitnode/guard/knock_request.h"

#include <string>

#include "gtest/gtest.h"

namespace lifeboat::exitnode {
namespace {

TEST(KnockRequestTest, UnderstandsAKnockAndNothingElse) {
  const std::pair<const char*, KnockRequest> kCases[] = {
      {"POST /knock HTTP/1.1\r\nHost: 192.0.2.1:7444\r\nAccept: */*\r\n\r\n", KnockRequest::kOpen},
      {"POST /knock HTTP/1.1\r\nContent-Length: 0\r\n\r\n", KnockRequest::kOpen},
      {"DELETE /knock HTTP/1.1\r\nHost: x\r\n\r\n", KnockRequest::kWithdraw},
      {"POST /knock HTTP/1.0\r\n\r\n", KnockRequest::kOpen},
      {"GET /knock HTTP/1.1\r\nHost: x\r\n\r\n", KnockRequest::kOtherMethod},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", KnockRequest::kElsewhere},
      {"POST /knock?a=b HTTP/1.1\r\n\r\n", KnockRequest::kElsewhere},
      {"POST /knock HTTP/1.1\r\nContent-Length: 1\r\n\r\n", KnockRequest::kHasBody},
      {"POST /knock HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", KnockRequest::kHasBody},
      {"POST /knock HTTP/1.1\r\n", KnockRequest::kMalformed},
      {"POST /knock HTTP/2\r\n\r\n", KnockRequest::kMalformed},
      {"POST  /knock HTTP/1.1\r\n\r\n", KnockRequest::kMalformed},
      {"POST /knock HTTP/1.1\r\nno colon\r\n\r\n", KnockRequest::kMalformed},
      {"\r\n\r\n", KnockRequest::kMalformed},
      {"", KnockRequest::kMalformed},
  };
  for (const auto& [head, want] : kCases) EXPECT_EQ(ParseKnock(head), want) << head;
}

TEST(KnockRequestTest, AnswersInWholeMessages) {
  EXPECT_EQ(HttpAnswer(204, ""), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(HttpAnswer(405, "no"),
            "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nAllow: POST, DELETE\r\n"
            "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nno\n");
}

}  // namespace
}  // namespace lifeboat::exitnode
