#ifndef LIFEBOAT_AGENT_PROBE_TRUST_STORES_H_
#define LIFEBOAT_AGENT_PROBE_TRUST_STORES_H_

#include <openssl/x509.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace lifeboat::agent {

// Root certificates for probes, parsed once instead of once a connection: the system's, or the
// system's with one PEM file's beside them. A changed file counts within 10 s. Not thread-safe.
class TrustStores {
 public:
  explicit TrustStores(const Clock& clock) : clock_(clock) {}

  // The store for `ca_file` (empty: the system's roots alone); good until the next call. While a
  // changed file is faulty the earlier roots are kept.
  absl::StatusOr<X509_STORE*> For(const std::string& ca_file);

 private:
  struct StoreFree {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };
  struct Loaded {
    std::unique_ptr<X509_STORE, StoreFree> store;
    timespec modified{};
    Instant checked;
  };

  static absl::Status Load(const std::string& ca_file, Loaded& loaded);

  const Clock& clock_;
  absl::flat_hash_map<std::string, Loaded> loaded_;
};

}  // namespace lifeboat::agent

#endif  // LIFEBOAT_AGENT_PROBE_TRUST_STORES_H_
