#include "exitnode/connector/echo_request.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lifeboat::exitnode {
namespace {

EchoRequest Refusal(int status) { return {.status = status, .nonce = {}}; }

bool AnnouncesBody(absl::string_view field) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(field, absl::MaxSplits(':', 1));
  if (absl::EqualsIgnoreCase(parts.first, "transfer-encoding")) return true;
  return absl::EqualsIgnoreCase(parts.first, "content-length") &&
         absl::StripAsciiWhitespace(parts.second) != "0";
}

absl::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Bad Request";
  }
}

}  // namespace

EchoRequest ParseEchoRequest(absl::string_view head) {
  if (!absl::ConsumeSuffix(&head, "\r\n\r\n")) return Refusal(400);
  const std::vector<absl::string_view> lines = absl::StrSplit(head, "\r\n");
  const std::vector<absl::string_view> request = absl::StrSplit(lines[0], ' ');
  if (request.size() != 3 || !absl::StartsWith(request[1], "/") ||
      !absl::StartsWith(request[2], "HTTP/1.")) {
    return Refusal(400);
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!absl::StrContains(lines[i], ':')) return Refusal(400);
    if (AnnouncesBody(lines[i])) return Refusal(413);
  }
  if (request[0] != "GET") return Refusal(405);
  const std::pair<absl::string_view, absl::string_view> target =
      absl::StrSplit(request[1], absl::MaxSplits('?', 1));
  absl::string_view hex = target.second;
  if (!absl::ConsumePrefix(&hex, "nonce=")) return Refusal(404);
  const auto nonce = EchoFromHex(hex);
  return nonce ? EchoRequest{.status = 200, .nonce = *nonce} : Refusal(400);
}

std::string EchoResponse(int status, absl::string_view body) {
  return absl::StrCat(
      "HTTP/1.1 ", status, " ", Reason(status),
      "\r\nConnection: close\r\nCache-Control: no-store\r\n", status == 405 ? "Allow: GET\r\n" : "",
      "Content-Type: text/plain\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

}  // namespace lifeboat::exitnode
