#include "exitnode/guard/knock_request.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lifeboat::exitnode {
namespace {

// Whether a header field announces a body. An empty one, as libcurl's POST announces, is none.
bool AnnouncesBody(absl::string_view field) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(field, absl::MaxSplits(':', 1));
  const absl::string_view value = absl::StripAsciiWhitespace(parts.second);
  if (absl::EqualsIgnoreCase(parts.first, "transfer-encoding")) return true;
  return absl::EqualsIgnoreCase(parts.first, "content-length") && value != "0";
}

absl::string_view Reason(int status) {
  switch (status) {
    case 204:
      return "No Content";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Bad Request";
  }
}

}  // namespace

KnockRequest ParseKnock(absl::string_view head) {
  if (!absl::ConsumeSuffix(&head, "\r\n\r\n")) return KnockRequest::kMalformed;
  const std::vector<absl::string_view> lines = absl::StrSplit(head, "\r\n");
  const std::vector<absl::string_view> request = absl::StrSplit(lines[0], ' ');
  if (request.size() != 3 || !absl::StartsWith(request[2], "HTTP/1.")) {
    return KnockRequest::kMalformed;
  }
  if (request[1] != "/knock") return KnockRequest::kElsewhere;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!absl::StrContains(lines[i], ':')) return KnockRequest::kMalformed;
    if (AnnouncesBody(lines[i])) return KnockRequest::kHasBody;
  }
  if (request[0] == "POST") return KnockRequest::kOpen;
  if (request[0] == "DELETE") return KnockRequest::kWithdraw;
  return KnockRequest::kOtherMethod;
}

std::string HttpAnswer(int status, absl::string_view why) {
  const std::string start =
      absl::StrCat("HTTP/1.1 ", status, " ", Reason(status), "\r\nConnection: close\r\n");
  if (status == 204) return absl::StrCat(start, "\r\n");
  const std::string body = absl::StrCat(why, "\n");
  return absl::StrCat(start, status == 405 ? "Allow: POST, DELETE\r\n" : "",
                      "Content-Type: text/plain\r\nContent-Length: ", body.size(), "\r\n\r\n",
                      body);
}

int RefusalStatus(KnockRequest request) {
  switch (request) {
    case KnockRequest::kElsewhere:
      return 404;
    case KnockRequest::kOtherMethod:
      return 405;
    case KnockRequest::kHasBody:
      return 413;
    default:
      return 400;
  }
}

}  // namespace lifeboat::exitnode
