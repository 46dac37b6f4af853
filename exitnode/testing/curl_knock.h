#ifndef LIFEBOAT_EXITNODE_TESTING_CURL_KNOCK_H_
#define LIFEBOAT_EXITNODE_TESTING_CURL_KNOCK_H_

#include <curl/curl.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/address.h"
#include "base/tls.h"

namespace lifeboat::exitnode {

struct CurlKnock {
  std::string method = "POST";  // or DELETE, or what a test of refusals wants
  std::string path = "/knock";
  std::string source = "127.0.0.1";
};

// Knocks at `door` as an agent does, with libcurl. Returns the status of the answer, 0 without one.
inline long Knock(const Endpoint& door, const TlsFiles& files, const CurlKnock& knock = {}) {
  CURL* curl = curl_easy_init();
  const std::string url = absl::StrCat("https://", door.ToString(), knock.path);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, knock.method.c_str());
  curl_easy_setopt(curl, CURLOPT_CAINFO, files.ca.c_str());
  curl_easy_setopt(curl, CURLOPT_SSLCERT, files.certificate.c_str());
  curl_easy_setopt(curl, CURLOPT_SSLKEY, files.key.c_str());
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(curl, CURLOPT_INTERFACE, absl::StrCat("host!", knock.source).c_str());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
  curl_easy_setopt(
      curl, CURLOPT_WRITEFUNCTION,
      +[](char*, size_t size, size_t count, void*) { return size * count; });
  long status = 0;
  if (curl_easy_perform(curl) == CURLE_OK) {
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  }
  curl_easy_cleanup(curl);
  return status;
}

}  // namespace lifeboat::exitnode

#endif  // LIFEBOAT_EXITNODE_TESTING_CURL_KNOCK_H_
