#ifndef LIFEBOAT_AGENT_PROBE_HTTP_PROBE_H_
#define LIFEBOAT_AGENT_PROBE_HTTP_PROBE_H_

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/plan/probe_spec.h"
#include "agent/probe/classify.h"
#include "agent/probe/curl_multi.h"
#include "agent/probe/trust_stores.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/echo.h"

namespace lifeboat::agent {

// What the wire gave. Phases that were not reached are zero; `end.total` is the caller's to fill
// in.
struct WireResult {
  ProbeEnd end;
  std::optional<Instant> ended;  // where an echo was asked for: when the answer before it was whole
  absl::Duration connect;
  absl::Duration tls;
  absl::Duration first_byte;
  int64_t certificate_not_after = 0;  // Unix seconds; also of a certificate that was refused
  std::optional<EchoBytes> echo;      // the MAC that answered the nonce
};

// Where one attempt goes, the name being resolved.
struct WireRequest {
  Endpoint to;
  std::optional<IpAddress> source;
  absl::Duration limit;  // what is left of the probe's time; above zero
  std::optional<EchoBytes> nonce =
      std::nullopt;  // to ask the spec's echo_path for, after an answer
};

// Fetches over fresh connections: no redirects, no proxies, HTTP/1.1, at most 64 KiB of a body.
// Where there is a nonce, an answer is followed by the request for its echo, on the same connection
// where that lasts, within the same limit. Easy handles are kept for the next one. Belongs to the
// loop's thread.
class HttpProbes {
 public:
  using Done = std::function<void(const WireResult&)>;
  using Id = uint64_t;

  HttpProbes(CurlMulti& multi, const Clock& clock);
  ~HttpProbes();

  // `http` outlives the transfer. Calls `done` once, never from within, unless cancelled.
  // An error is this machine's own (roots that cannot be read), and then `done` is not called.
  absl::StatusOr<Id> Start(const HttpSpec& http, const WireRequest& request, Done done);
  void Cancel(Id id);

 private:
  class Transfer;
  void Run(Id id);
  void Finished(Id id, CURLcode code);
  void Keep(std::unique_ptr<Transfer> transfer);

  CurlMulti& multi_;
  const Clock& clock_;
  TrustStores trust_;
  absl::flat_hash_map<Id, std::unique_ptr<Transfer>> running_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  Id last_id_ = 0;
};

// How a transfer ended that gave `code`, errno `os_error` and curl's `words`.
Transport TransportOf(CURLcode code, int os_error, absl::string_view words);

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_HTTP_PROBE_H_
