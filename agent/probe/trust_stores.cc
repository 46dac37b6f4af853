#include "agent/probe/trust_stores.h"

#include <openssl/err.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/tls.h"

namespace lifeboat::agent {
namespace {

constexpr absl::Duration CheckEvery() { return absl::Seconds(10); }

timespec ModifiedAt(const std::string& path) {
  struct stat found {};
  if (path.empty() || stat(path.c_str(), &found) != 0) return {};
  return found.st_mtim;
}

bool operator==(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

absl::StatusOr<X509_STORE*> TrustStores::For(const std::string& ca_file) {
  Loaded& loaded = loaded_[ca_file];
  const Instant now = clock_.Now();
  if (loaded.store != nullptr && now - loaded.checked < CheckEvery()) return loaded.store.get();
  loaded.checked = now;
  const bool same = loaded.store != nullptr && ModifiedAt(ca_file) == loaded.modified;
  const absl::Status fresh = same ? absl::OkStatus() : Load(ca_file, loaded);
  if (loaded.store == nullptr) return fresh;
  return loaded.store.get();
}

absl::Status TrustStores::Load(const std::string& ca_file, Loaded& loaded) {
  std::unique_ptr<X509_STORE, StoreFree> store(X509_STORE_new());
  // The system's roots are read one by one as chains need them; a machine without any has none.
  X509_STORE_set_default_paths(store.get());
  ERR_clear_error();
  const timespec modified = ModifiedAt(ca_file);
  if (!ca_file.empty() && X509_STORE_load_file(store.get(), ca_file.c_str()) != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("the roots in ", ca_file, " cannot be read: ", TakeSslError()));
  }
  loaded.store = std::move(store);
  loaded.modified = modified;
  return absl::OkStatus();
}

}  // namespace lifeboat::agent
