#ifndef LIFEBOAT_BASE_IDENTITY_H_
#define LIFEBOAT_BASE_IDENTITY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lifeboat {

enum class Role { kController, kAgent, kExitNode, kConnector, kPerson };

// "controller", "agent", "exitnode", "connector", "person".
absl::string_view RoleName(Role role);
absl::StatusOr<Role> ParseRole(absl::string_view name);

// Who a peer is: the one URI SAN of its certificate, spiffe://<trust domain>/<role>/<name>.
struct Identity {
  std::string trust_domain;
  Role role = Role::kAgent;
  std::string name;  // a DNS label: [a-z0-9-], at most 63

  std::string Uri() const;
  friend bool operator==(const Identity&, const Identity&) = default;
};

// INVALID_ARGUMENT when `uri` is not of that form; the message says which part.
absl::StatusOr<Identity> ParseIdentity(absl::string_view uri);

// The identity that a verified certificate's URI SANs carry. UNAUTHENTICATED unless there is
// exactly one and it parses: a certificate that names two identities is nobody's.
absl::StatusOr<Identity> IdentityFromUris(const std::vector<std::string>& uris);

// Whether `name` may stand in an identity, a metric label or a file name.
bool IsValidName(absl::string_view name);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_IDENTITY_H_
