#ifndef LIFEBOAT_CONTROLLER_ADMIN_AUTHORITY_H_
#define LIFEBOAT_CONTROLLER_ADMIN_AUTHORITY_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/identity.h"
#include "controller/config/config.h"

namespace lifeboat::admin {

using Operators = std::map<std::string, config::OperatorRole>;

// Who `person` is, "person/anna", if `operators` grants the role that `verb` needs; with no
// operators at all every person is an admin. PERMISSION_DENIED names who lacks what for what:
// "operator anna lacks role admin for RaiseEpoch".
absl::StatusOr<std::string> Authorise(const Operators& operators, const Identity& person,
                                      config::OperatorRole needed, absl::string_view verb);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_AUTHORITY_H_
