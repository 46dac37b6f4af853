#include "controller/exits/public_fetch.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/address.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr size_t kMostBody = 64 << 10;

struct EasyFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Keeps the first 64 KiB; the rest is read and dropped.
size_t KeepBody(char* data, size_t size, size_t count, void* body) {
  auto& kept = *static_cast<std::string*>(body);
  kept.append(data, std::min(size * count, kMostBody - std::min(kept.size(), kMostBody)));
  return size * count;
}

// "host:port:address:port", IPv6 in brackets: whatever the name says, connect there.
std::string ConnectTo(const FetchSpec& spec, const std::string& address) {
  const bool v6 = absl::StrContains(address, ':');
  return absl::StrCat(spec.hostname, ":", spec.port, ":", v6 ? "[" : "", address, v6 ? "]" : "",
                      ":", spec.port);
}

absl::Status Judge(const FetchSpec& spec, long status, const std::string& body) {
  const bool expected = std::any_of(
      spec.expect_status.begin(), spec.expect_status.end(),
      [status](const auto& range) { return range.first <= status && status <= range.second; });
  if (!expected) {
    return absl::UnavailableError(absl::StrCat("answered HTTP ", status, ", which is no health"));
  }
  if (!spec.expect_body.empty() && !absl::StrContains(body, spec.expect_body)) {
    return absl::UnavailableError("answered without the text that the health check expects");
  }
  return absl::OkStatus();
}

// One visit: what is asked one after another, on one connection where that lasts, within one limit.
class Visit {
 public:
  Visit(const FetchSpec& spec, const std::string& address, absl::Duration limit)
      : spec_(spec),
        address_(address),
        left_(limit),
        connect_to_(curl_slist_append(nullptr, ConnectTo(spec, address).c_str())),
        easy_(curl_easy_init()) {}

  // The health page, or no more than a connection where the service is no page.
  absl::Status Knock() {
    const bool tcp = spec_.scheme == "tcp";
    RETURN_IF_ERROR(Get(spec_.path, tcp));
    return tcp ? absl::OkStatus() : Judge(spec_, status_, body_);
  }
  // The origin's word that it was reached by `path`: whoever else answers does not have the key.
  absl::Status AskEcho(const Path& path, const EchoBytes& nonce) {
    const absl::Status got = Get(absl::StrCat(spec_.echo_path, "?nonce=", ToHex(nonce)), false);
    const auto mac = EchoFromHex(absl::StripAsciiWhitespace(body_));
    const EchoBytes good = EchoMac(spec_.echo_key, path.ToString(), nonce);
    if (got.ok() && status_ == 200 && mac && SameEcho(*mac, good)) return absl::OkStatus();
    const std::string why = got.ok() ? absl::StrCat("HTTP ", status_) : Words(got);
    return absl::UnavailableError(
        absl::StrCat("answered without the origin's echo of ", path.ToString(), " (", why,
                     "): a cache, a captive page, or another path's origin"));
  }

 private:
  absl::Status Get(const std::string& target, bool connect_only) {
    if (!easy_) return absl::ResourceExhaustedError("libcurl has no memory for a request");
    if (left_ < absl::Milliseconds(1)) return absl::DeadlineExceededError("no time is left");
    const std::string url = absl::StrCat(connect_only ? "http" : spec_.scheme, "://",
                                         spec_.hostname, ":", spec_.port, target);
    char error[CURL_ERROR_SIZE] = "";
    body_.clear();
    CURL* handle = easy_.get();
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_CONNECT_TO, connect_to_.get());
    curl_easy_setopt(handle, CURLOPT_PROXY, "");  // never the environment's
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(left_)));
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, KeepBody);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body_);
    curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, connect_only ? 1L : 0L);
    if (!spec_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, spec_.ca_file.c_str());
    const CURLcode result = curl_easy_perform(handle);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
    curl_off_t took_us = 0;
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &took_us);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status_);
    left_ -= absl::Microseconds(took_us);
    if (result == CURLE_OK) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat(spec_.hostname, " at ", address_, ": ",
                     error[0] != '\0' ? error : curl_easy_strerror(result)));
  }

  const FetchSpec& spec_;
  const std::string& address_;
  absl::Duration left_;
  const std::unique_ptr<curl_slist, ListFree> connect_to_;
  const std::unique_ptr<CURL, EasyFree> easy_;
  long status_ = 0;
  std::string body_;
};

}  // namespace

absl::Status CurlFetcher::Fetch(const std::string& service, const Path& path,
                                const std::string& address, absl::Duration limit) {
  const auto found = services_.find(service);
  if (found == services_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no service \"", service, "\""));
  }
  const FetchSpec& spec = found->second;
  ASSIGN_OR_RETURN(const IpAddress to, IpAddress::Parse(address));
  RETURN_IF_ERROR(route_(to, std::nullopt));
  Visit visit(spec, address, limit);
  RETURN_IF_ERROR(visit.Knock());
  if (spec.echo_key.empty()) return absl::OkStatus();
  const EchoBytes seed = new_seed_();
  return visit.AskEcho(path, EchoNonce({&seed, 1}, 1));
}

}  // namespace lifeboat
