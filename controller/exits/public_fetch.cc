#include "controller/exits/public_fetch.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

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

}  // namespace

absl::Status CurlFetcher::Fetch(const std::string& service, const std::string& address,
                                absl::Duration limit) {
  const auto found = services_.find(service);
  if (found == services_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no service \"", service, "\""));
  }
  const FetchSpec& spec = found->second;
  const std::unique_ptr<CURL, EasyFree> easy(curl_easy_init());
  if (!easy) return absl::ResourceExhaustedError("libcurl has no memory for a request");
  const bool tcp = spec.scheme == "tcp";
  const std::string url =
      absl::StrCat(tcp ? "http" : spec.scheme, "://", spec.hostname, ":", spec.port, spec.path);
  const std::unique_ptr<curl_slist, ListFree> connect_to(
      curl_slist_append(nullptr, ConnectTo(spec, address).c_str()));
  char error[CURL_ERROR_SIZE] = "";
  std::string body;
  CURL* handle = easy.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECT_TO, connect_to.get());
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // never the environment's
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(limit)));
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, KeepBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, tcp ? 1L : 0L);
  if (!spec.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, spec.ca_file.c_str());
  const CURLcode result = curl_easy_perform(handle);
  if (result != CURLE_OK) {
    return absl::UnavailableError(
        absl::StrCat(spec.hostname, " at ", address, ": ",
                     error[0] != '\0' ? error : curl_easy_strerror(result)));
  }
  if (tcp) return absl::OkStatus();
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return Judge(spec, status, body);
}

}  // namespace lifeboat
