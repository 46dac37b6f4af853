#ifndef LIFEBOAT_CONTROLLER_CTL_PKI_H_
#define LIFEBOAT_CONTROLLER_CTL_PKI_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/identity.h"

// The installation's certificate authority: ca.pem and ca.key in one directory, which belongs on a
// machine that runs nothing else of Lifeboat. The trust domain stands in the authority's own
// certificate, as the URI spiffe://<trust domain>. Keys are P-256, files with keys mode 0600.
namespace lifeboat::ctl {

inline constexpr int kLongestDays = 10 * 365;  // of any certificate; the authority has as many

// What has been written.
struct Issued {
  std::string uri;          // spiffe://…
  std::string certificate;  // PEM files
  std::string key;
  absl::Time not_after;
};

// Makes an authority in `directory`, which is made if need be, valid from `now` on.
//   ALREADY_EXISTS    there is one, and `force` does not say to lose it
//   INVALID_ARGUMENT  `trust_domain` is not of lower-case letters, digits, - and .
absl::StatusOr<Issued> InitAuthority(const std::string& directory, absl::string_view trust_domain,
                                     absl::Time now, bool force);

// Issues <role>-<name>.pem and .key in `directory`, for servers and clients alike, valid for `days`
// but no longer than the authority.
//   NOT_FOUND         there is no authority
//   ALREADY_EXISTS    there is such a certificate or key, and `force` does not say to lose it
//   INVALID_ARGUMENT  `name` or `days` will not do, or the authority's files are not ours
absl::StatusOr<Issued> IssueCertificate(const std::string& directory, Role role,
                                        absl::string_view name, int days, absl::Time now,
                                        bool force);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_PKI_H_
