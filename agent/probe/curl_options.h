#ifndef LIFEBOAT_AGENT_PROBE_CURL_OPTIONS_H_
#define LIFEBOAT_AGENT_PROBE_CURL_OPTIONS_H_

#include <curl/curl.h>

#include <memory>
#include <optional>

#include "base/address.h"

namespace lifeboat::agent {

struct CurlListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListFree>;

// Makes a transfer of `easy` depend on nothing but what it is told: a fresh HTTP/1.1 connection, no
// proxy or redirect, no roots, sessions or caches of curl's own. Who sets an SSL context function
// brings the trust, as SSL_CTX_set1_verify_cert_store: curl 7.88 replaces the other store.
void SetIndependent(CURL* easy);

// Goes to `to` in place of the URL's host, which stays in SNI, Host and the certificate's check.
// The result outlives the transfer.
[[nodiscard]] CurlList SetWay(CURL* easy, const Endpoint& to,
                              const std::optional<IpAddress>& source);

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_CURL_OPTIONS_H_
