#ifndef LIFEBOAT_BASE_TESTING_TEST_PKI_H_
#define LIFEBOAT_BASE_TESTING_TEST_PKI_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/tls.h"

namespace lifeboat {

// A certificate authority whose files live in a fresh directory under TEST_TMPDIR, and which
// issues whatever a test asks for, the wrong things too.
class TestPki {
 public:
  TestPki();
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  struct Wish {
    std::vector<std::string> uris;
    absl::Time not_before = absl::FromUnixSeconds(0);             // 1970
    absl::Time not_after = absl::FromUnixSeconds(4'000'000'000);  // 2096
    std::vector<std::string> hosts = {};                          // DNS names, as a web server has
  };
  // Certificate and key as `<directory>/<stem>.pem` and `.key`, issued by this authority.
  TlsFiles Issue(absl::string_view stem, const Wish& wish);
  // For spiffe://test/<role>/<name>.
  TlsFiles Issue(Role role, absl::string_view name);

  std::string Path(absl::string_view file) const;
  // (Over)writes a file of the directory and returns its path.
  std::string Write(absl::string_view file, absl::string_view content) const;

 private:
  std::string directory_;
  EVP_PKEY* key_;
  X509* certificate_;
  int serial_ = 1;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TESTING_TEST_PKI_H_
