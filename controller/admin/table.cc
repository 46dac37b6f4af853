#include "controller/admin/table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controller/admin/words.h"

namespace lifeboat::admin {
namespace {

absl::string_view ColorOf(v1::Mark mark) {
  switch (mark) {
    case v1::MARK_OK:
      return "\x1b[32m";
    case v1::MARK_WARNING:
    case v1::MARK_HOLDING:
      return "\x1b[33m";
    case v1::MARK_FAILING:
      return "\x1b[1;31m";
    case v1::MARK_SILENT:
    case v1::MARK_PENDING:
      return "\x1b[2m";
    default:
      return "";
  }
}

std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    absl::StrAppend(&line, i == 0 ? "" : "  ", Padded(cells[i], widths[i]));
  }
  return std::string(absl::StripTrailingAsciiWhitespace(line));
}

}  // namespace

std::string Colored(absl::string_view text, v1::Mark mark, bool color) {
  const absl::string_view begin = ColorOf(mark);
  return color && !begin.empty() ? absl::StrCat(begin, text, "\x1b[0m") : std::string(text);
}

void Table::Add(v1::Mark mark, std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back({mark, std::move(cells)});
}

std::string Table::Text(bool color) const {
  std::vector<size_t> widths;
  const auto measure = [&widths](const std::vector<std::string>& cells) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], Width(cells[i]));
  };
  measure(heads_);
  for (const Row& row : rows_) measure(row.cells);
  std::string text;
  if (!heads_.empty()) absl::StrAppend(&text, "  ", Line(heads_, widths), "\n");
  for (const Row& row : rows_) {
    absl::StrAppend(&text, Colored(Glyph(row.mark), row.mark, color), " ", Line(row.cells, widths),
                    "\n");
  }
  return text;
}

}  // namespace lifeboat::admin
