#include "agent/probe/curl_options.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace lifeboat::agent {

void SetIndependent(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "lifeboat-agent");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

CurlList SetWay(CURL* easy, const Endpoint& to, const std::optional<IpAddress>& source) {
  CurlList way(curl_slist_append(nullptr, absl::StrCat("::", to.ToString()).c_str()));
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, way.get());
  const std::string from = source ? absl::StrCat("host!", source->ToString()) : "";
  curl_easy_setopt(easy, CURLOPT_INTERFACE, source ? from.c_str() : nullptr);
  return way;
}

}  // namespace lifeboat::agent
