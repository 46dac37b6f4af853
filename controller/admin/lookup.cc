#include "controller/admin/lookup.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/nearest.h"
#include "base/status.h"

namespace lifeboat::admin {
namespace {

constexpr size_t kShortestEnd = 4;

}  // namespace

absl::StatusOr<Event> FindEvent(const std::string& end, Controls& controls) {
  if (end.size() < kShortestEnd) return absl::NotFoundError("");
  EventQuery query;
  query.id_end = absl::AsciiStrToUpper(end);
  query.limit = 2;
  ASSIGN_OR_RETURN(std::vector<Event> found, controls.Events(query));
  if (found.empty()) return absl::NotFoundError("");
  if (found.size() == 1) return std::move(found.front());
  return absl::InvalidArgumentError(absl::StrCat("\"", end, "\" may be several events, such as ",
                                                 found[0].id, " and ", found[1].id,
                                                 "; give more of the id"));
}

absl::Status NoSuchThing(const std::string& service, const std::string& event,
                         const std::vector<std::string>& known) {
  const std::string nearest = NearestWord(service, known);
  return absl::NotFoundError(absl::StrCat(
      service.empty() ? "there is no event \""
      : event.empty() ? "there is no service \""
                      : "there is neither a service nor an event \"",
      service.empty() ? event : service, "\"",
      nearest.empty() ? "" : absl::StrCat("; did you mean the service \"", nearest, "\"?")));
}

}  // namespace lifeboat::admin
