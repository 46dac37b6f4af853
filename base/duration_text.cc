#include "base/duration_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace lifeboat {
namespace {

std::optional<absl::Duration> ParseUnit(absl::string_view unit) {
  if (unit == "us") return absl::Microseconds(1);
  if (unit == "ms") return absl::Milliseconds(1);
  if (unit == "s") return absl::Seconds(1);
  if (unit == "m") return absl::Minutes(1);
  if (unit == "h") return absl::Hours(1);
  if (unit == "d") return absl::Hours(24);
  return std::nullopt;
}

}  // namespace

std::optional<absl::Duration> ParseDurationText(absl::string_view text) {
  const auto is_number = [](char c) { return absl::ascii_isdigit(c) || c == '.'; };
  absl::Duration sum;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    size_t digits = 0, end = 0;
    while (digits < text.size() && is_number(text[digits])) ++digits;
    for (end = digits; end < text.size() && !is_number(text[end]);) ++end;
    double number = 0;
    if (digits == 0 || !absl::SimpleAtod(text.substr(0, digits), &number)) return std::nullopt;
    const auto unit = ParseUnit(text.substr(digits, end - digits));
    if (!unit) return std::nullopt;
    sum += number * *unit;
    text.remove_prefix(end);
  }
  if (sum > absl::Hours(24 * 365 * 100)) return std::nullopt;
  return sum;
}

}  // namespace lifeboat
