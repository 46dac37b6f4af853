#ifndef LIFEBOAT_CONTROLLER_EXITS_PUBLIC_FETCH_H_
#define LIFEBOAT_CONTROLLER_EXITS_PUBLIC_FETCH_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/echo.h"
#include "base/route.h"
#include "controller/failover/exit_commander.h"
#include "controller/quorum/path.h"

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
  std::string echo_key;                            // secret; empty: there is no origin echo
  std::string echo_path;
};

// Fetches from the controller's own address, which no exit node has on a list. Thread-safe.
class CurlFetcher final : public PublicFetcher {
 public:
  using NewSeed = std::function<EchoBytes()>;

  // `new_seed` gives random bytes that nobody can foresee; it and `route` are called in any thread.
  CurlFetcher(std::map<std::string, FetchSpec> services, NewSeed new_seed,
              RouteCheck route = RouteTo)
      : services_(std::move(services)), new_seed_(std::move(new_seed)), route_(std::move(route)) {}

  absl::Status Fetch(const std::string& service, const Path& path, const std::string& address,
                     absl::Duration limit) override;

 private:
  const std::map<std::string, FetchSpec> services_;
  const NewSeed new_seed_;
  const RouteCheck route_;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_EXITS_PUBLIC_FETCH_H_
