#ifndef LIFEBOAT_CONTROLLER_QUORUM_PATH_H_
#define LIFEBOAT_CONTROLLER_QUORUM_PATH_H_

#include <compare>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace lifeboat {

// A way to a service's origin: the edge, or one exit node.
struct Path {
  std::string exit;  // the exit node's name; empty for the edge

  static Path Edge() { return Path{}; }
  static Path Exit(std::string name) { return Path{.exit = std::move(name)}; }
  bool is_edge() const { return exit.empty(); }
  // "edge" or "exit/nyc": how people, the journal and DNS write it.
  std::string ToString() const { return is_edge() ? "edge" : absl::StrCat("exit/", exit); }

  friend auto operator<=>(const Path&, const Path&) = default;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_QUORUM_PATH_H_
