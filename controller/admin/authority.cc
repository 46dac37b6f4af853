#include "controller/admin/authority.h"

#include "absl/strings/str_cat.h"

namespace lifeboat::admin {
namespace {

absl::string_view RoleWord(config::OperatorRole role) {
  switch (role) {
    case config::OperatorRole::kViewer:
      return "viewer";
    case config::OperatorRole::kOperator:
      return "operator";
    case config::OperatorRole::kAdmin:
      return "admin";
  }
  return "?";
}

}  // namespace

absl::StatusOr<std::string> Authorise(const Operators& operators, const Identity& person,
                                      config::OperatorRole needed, absl::string_view verb) {
  const std::string who = absl::StrCat(RoleName(person.role), "/", person.name);
  if (operators.empty()) return who;
  const auto granted = operators.find(person.name);
  if (granted != operators.end() && granted->second >= needed) return who;
  return absl::PermissionDeniedError(absl::StrCat(
      "operator ", person.name, " lacks role ", RoleWord(needed), " for ", verb, "; it ",
      granted == operators.end() ? "is not among the configuration's operators"
                                 : absl::StrCat("has ", RoleWord(granted->second))));
}

}  // namespace lifeboat::admin
