#include "controller/admin/words.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lifeboat::admin {
namespace {

constexpr uint32_t kBroken = 0xFFFFFFFF;

// Takes one code point off the front of `text`; kBroken for a byte that begins none.
uint32_t TakeCodePoint(absl::string_view& text) {
  const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  uint32_t point = length <= 1 ? first : first & (0xFF >> (length + 1));
  bool ok = length >= 1 && length <= text.size();
  for (size_t i = 1; ok && i < length; ++i) {
    ok = (byte(i) & 0xC0) == 0x80;
    point = point << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (!ok || overlong || surrogate || point > 0x10FFFF) {
    text.remove_prefix(1);
    return kBroken;
  }
  text.remove_prefix(length);
  return point;
}

// Unicode's invisible controls: they reorder, join or hide what stands around them.
bool IsInvisible(uint32_t point) {
  return point == 0x061C || point == 0x00AD || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
         point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) || point >= 0xE0000;
}

std::string Joined(int64_t large, absl::string_view large_unit, int64_t small,
                   absl::string_view small_unit) {
  return small == 0 ? absl::StrCat(large, " ", large_unit)
                    : absl::StrCat(large, " ", large_unit, " ", small, " ", small_unit);
}

}  // namespace

std::string Span(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "for ever";
  duration = std::max(duration, absl::ZeroDuration());
  if (duration < absl::Milliseconds(100)) {
    return absl::StrCat(absl::ToInt64Milliseconds(duration), " ms");
  }
  const int64_t tenths = std::llround(absl::ToDoubleMilliseconds(duration) / 100);
  if (tenths < 100) {
    return tenths % 10 == 0 ? absl::StrCat(tenths / 10, " s")
                            : absl::StrCat(tenths / 10, ".", tenths % 10, " s");
  }
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return Joined(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return Joined(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return Joined(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string Counted(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

absl::string_view Glyph(v1::Mark mark) {
  switch (mark) {
    case v1::MARK_OK:
      return "✔";
    case v1::MARK_WARNING:
      return "▲";
    case v1::MARK_FAILING:
      return "✖";
    case v1::MARK_SILENT:
      return "–";
    case v1::MARK_HOLDING:
      return "●";
    case v1::MARK_PENDING:
      return "○";
    default:
      return " ";
  }
}

std::string Printable(absl::string_view text, size_t most_bytes) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= most_bytes) return absl::StrCat(out, "…");
    const absl::string_view before = text;
    const uint32_t point = TakeCodePoint(text);
    if (point == kBroken) {
      absl::StrAppend(&out, "\xEF\xBF\xBD");
    } else if (point < 0x20 || (point >= 0x7F && point < 0xA0)) {
      absl::StrAppendFormat(&out, "\\x%02X", point);
    } else if (IsInvisible(point)) {
      absl::StrAppendFormat(&out, "\\u%04X", point);
    } else {
      absl::StrAppend(&out, before.substr(0, before.size() - text.size()));
    }
  }
  return out;
}

std::string KeyWords(const v1::RuleView& rule) {
  return absl::StrCat(rule.key(), rule.place().empty() ? "" : ", ", rule.place());
}

std::string Sentence(absl::string_view text) {
  const bool ended = absl::EndsWith(text, ".") || absl::EndsWith(text, "…");
  return absl::StrCat(text, ended ? "" : ".");
}

size_t Width(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Padded(absl::string_view text, size_t width) {
  const size_t have = Width(text);
  return absl::StrCat(text, std::string(width > have ? width - have : 0, ' '));
}

}  // namespace lifeboat::admin
