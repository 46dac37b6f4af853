#ifndef LIFEBOAT_CONTROLLER_EXITS_PUBLIC_FETCH_H_
#define LIFEBOAT_CONTROLLER_EXITS_PUBLIC_FETCH_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/failover/exit_commander.h"

namespace lifeboat {

// How a service is fetched.
struct FetchSpec {
  std::string scheme;  // "https", "http" or "tcp"
  std::string hostname;
  uint16_t port = 443;
  std::string path;
  std::vector<std::pair<int, int>> expect_status;  // inclusive ranges
  std::string expect_body;                         // empty: no check
  std::string ca_file;                             // empty: the system's roots
};

// Fetches from the controller's own address, which no exit node has on a list. Thread-safe.
class CurlFetcher final : public PublicFetcher {
 public:
  explicit CurlFetcher(std::map<std::string, FetchSpec> services)
      : services_(std::move(services)) {}

  absl::Status Fetch(const std::string& service, const std::string& address,
                     absl::Duration limit) override;

 private:
  const std::map<std::string, FetchSpec> services_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_EXITS_PUBLIC_FETCH_H_
