#include "agent/probe/classify.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lifeboat::agent {
namespace {

constexpr size_t kMostDetail = 200;

bool IsExpected(const HttpSpec& http, int status) {
  return std::any_of(http.expect_status.begin(), http.expect_status.end(),
                     [&](const StatusRange& r) { return r.first <= status && status <= r.last; });
}

// Where edges send those whom they want to know better.
bool LeadsToLogin(absl::string_view location) {
  static constexpr absl::string_view kSigns[] = {"login", "signin",    "sign-in", "sign_in", "/sso",
                                                 "oauth", "challenge", "captcha", "cdn-cgi"};
  const std::string lower = absl::AsciiStrToLower(location);
  return std::any_of(std::begin(kSigns), std::end(kSigns),
                     [&](absl::string_view sign) { return absl::StrContains(lower, sign); });
}

bool IsRefusal(const ProbeEnd& end) {
  const int status = end.status;
  if (status == 401 || status == 403 || status == 407 || status == 429) return true;
  if (end.challenge) return true;
  return status >= 300 && status < 400 && LeadsToLogin(end.location);
}

std::string StatusWords(const ProbeEnd& end) {
  std::string words = absl::StrCat("status ", end.status);
  if (end.challenge) absl::StrAppend(&words, ", a challenge");
  if (!end.location.empty()) absl::StrAppend(&words, " to ", end.location);
  return words;
}

// Who made a bad status. 520-530 are statuses that only an edge makes, whatever headers they carry.
Judgement JudgeBadStatus(const HttpSpec& http, const ProbeEnd& end) {
  const std::string words = StatusWords(end);
  if (end.status >= 520 && end.status <= 530) {
    return {ProbeClass::kHttpEdge, absl::StrCat(words, ", which only an edge makes")};
  }
  if (end.origin_marker) {
    return {ProbeClass::kHttpOrigin, absl::StrCat(words, " by the origin (its marker is there)")};
  }
  if (IsRefusal(end) && !http.refused_is_down) {
    return {ProbeClass::kRefused, absl::StrCat(words, ": the edge refuses this vantage")};
  }
  if (http.origin_marker_header.empty()) return {ProbeClass::kHttpEdge, words};
  return {ProbeClass::kHttpEdge, absl::StrCat(words, " without ", http.origin_marker_header)};
}

Judgement JudgeAnswer(const ProbeSpec& spec, const ProbeEnd& end) {
  if (spec.http && !IsExpected(*spec.http, end.status)) return JudgeBadStatus(*spec.http, end);
  if (spec.http && !spec.http->expect_body.empty() && !end.body_found) {
    return {ProbeClass::kBadBody,
            absl::StrCat("status ", end.status, ", but not the expected body")};
  }
  if (end.total > spec.slow_after) {
    return {
        ProbeClass::kSlow,
        absl::StrCat("after ", absl::FormatDuration(absl::Trunc(end.total, absl::Milliseconds(1))),
                     ", slow is ", absl::FormatDuration(spec.slow_after))};
  }
  return {ProbeClass::kOk, ""};
}

Judgement JudgeTimeout(const ProbeSpec& spec, const ProbeEnd& end) {
  const std::string limit = absl::FormatDuration(spec.timeout);
  if (!end.connected) {
    return {ProbeClass::kTimeoutConnect, absl::StrCat("no TCP connection within ", limit)};
  }
  const bool tls = spec.http && absl::StartsWith(spec.http->url, "https:");
  if (tls && !end.handshaken) {
    return {ProbeClass::kTimeoutRead, absl::StrCat("connected, no TLS handshake within ", limit)};
  }
  if (end.status != 0) {
    return {ProbeClass::kTimeoutRead,
            absl::StrCat("status ", end.status, ", but no whole answer within ", limit)};
  }
  return {ProbeClass::kTimeoutRead, absl::StrCat("connected, no answer within ", limit)};
}

Judgement Judge(const ProbeSpec& spec, const ProbeEnd& end) {
  switch (end.transport) {
    case Transport::kComplete:
      return JudgeAnswer(spec, end);
    case Transport::kNoAddress:
      return {ProbeClass::kDns, end.words};
    case Transport::kTimeout:
      return JudgeTimeout(spec, end);
    case Transport::kUnreachable:
      return {ProbeClass::kTimeoutConnect, end.words};
    case Transport::kTls:
      return {ProbeClass::kTls, end.words};
    case Transport::kClosed:
    case Transport::kLocal:
      break;
  }
  return {ProbeClass::kReset, end.words};
}

}  // namespace

Judgement Classify(const ProbeSpec& spec, const ProbeEnd& end) {
  Judgement judgement = Judge(spec, end);
  judgement.detail = PrintableDetail(judgement.detail);
  return judgement;
}

std::string PrintableDetail(absl::string_view text) {
  std::string printable(text.substr(0, kMostDetail));
  std::replace_if(
      printable.begin(), printable.end(), [](unsigned char c) { return !absl::ascii_isprint(c); },
      '?');
  return printable;
}

}  // namespace lifeboat::agent
