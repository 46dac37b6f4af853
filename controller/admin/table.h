#ifndef LIFEBOAT_CONTROLLER_ADMIN_TABLE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/lifeboat/v1/admin.pb.h"

namespace lifeboat::admin {

// `text` in the colour of `mark`, where `color`.
std::string Colored(absl::string_view text, v1::Mark mark, bool color);

// Columns under their heads, each as wide as its widest cell, two spaces apart, with a glyph before
// each row. Foreign text in cells is made printable.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}

  void Add(v1::Mark mark, std::vector<std::string> cells);
  // Without heads, where `heads` were empty. Ends with a line feed.
  std::string Text(bool color) const;

 private:
  struct Row {
    v1::Mark mark;
    std::vector<std::string> cells;
  };
  std::vector<std::string> heads_;
  std::vector<Row> rows_;
};

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_TABLE_H_
