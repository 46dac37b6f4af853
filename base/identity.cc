#include "base/identity.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status.h"

namespace lifeboat {
namespace {

constexpr absl::string_view kScheme = "spiffe://";
constexpr std::array<std::pair<Role, absl::string_view>, 5> kRoles = {{
    {Role::kController, "controller"},
    {Role::kAgent, "agent"},
    {Role::kExitNode, "exitnode"},
    {Role::kConnector, "connector"},
    {Role::kPerson, "person"},
}};

bool IsLabelCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

absl::string_view RoleName(Role role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) return name;
  }
  return "unknown";
}

absl::StatusOr<Role> ParseRole(absl::string_view name) {
  for (const auto& [role, known] : kRoles) {
    if (known == name) return role;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "role \"", name, "\" is none of controller, agent, exitnode, connector, person"));
}

std::string Identity::Uri() const {
  return absl::StrCat(kScheme, trust_domain, "/", RoleName(role), "/", name);
}

bool IsValidName(absl::string_view name) {
  return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), IsLabelCharacter);
}

absl::StatusOr<Identity> ParseIdentity(absl::string_view uri) {
  absl::string_view rest = uri;
  if (!absl::ConsumePrefix(&rest, kScheme)) {
    return absl::InvalidArgumentError(
        absl::StrCat("identity \"", uri, "\" does not start with ", kScheme));
  }
  const std::vector<std::string> parts = absl::StrSplit(rest, '/');
  if (parts.size() != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("identity \"", uri, "\" is not spiffe://<trust domain>/<role>/<name>"));
  }
  const bool domain_ok = !parts[0].empty() && parts[0].size() <= 255 &&
                         std::all_of(parts[0].begin(), parts[0].end(),
                                     [](char c) { return IsLabelCharacter(c) || c == '.'; });
  if (!domain_ok || !IsValidName(parts[2])) {
    return absl::InvalidArgumentError(absl::StrCat(
        "identity \"", uri, "\": trust domain and name want lower-case letters, digits and -"));
  }
  Identity identity{.trust_domain = parts[0], .role = Role::kAgent, .name = parts[2]};
  ASSIGN_OR_RETURN(identity.role, ParseRole(parts[1]));
  return identity;
}

absl::StatusOr<Identity> IdentityFromUris(const std::vector<std::string>& uris) {
  if (uris.size() != 1) {
    return absl::UnauthenticatedError(
        absl::StrCat("the certificate carries ", uris.size(),
                     " URI names and must carry exactly one, spiffe://…; issue it with "
                     "`lifeboatctl pki issue ROLE NAME`"));
  }
  auto identity = ParseIdentity(uris.front());
  if (!identity.ok()) return absl::UnauthenticatedError(identity.status().message());
  return identity;
}

}  // namespace lifeboat
