#include "controller/admin/words.h"

#include <utility>

#include "gtest/gtest.h"

namespace lifeboat::admin {
namespace {

TEST(WordsTest, SpansHaveTheUnitThatAPersonWouldSay) {
  const std::pair<absl::Duration, const char*> kCases[] = {
      {absl::ZeroDuration(), "0 ms"},
      {absl::Milliseconds(-5), "0 ms"},
      {absl::Microseconds(41'900), "41 ms"},
      {absl::Milliseconds(400), "0.4 s"},
      {absl::Milliseconds(1060), "1.1 s"},
      {absl::Seconds(6), "6 s"},
      {absl::Milliseconds(9'980), "9 s"},
      {absl::Milliseconds(47'900), "47 s"},
      {absl::Seconds(90), "1 min 30 s"},
      {absl::Minutes(72), "1 h 12 min"},
      {absl::Hours(2), "2 h"},
      {absl::Hours(76), "3 d 4 h"},
      {absl::InfiniteDuration(), "for ever"},
  };
  for (const auto& [span, want] : kCases) EXPECT_EQ(Span(span), want) << span;
}

TEST(WordsTest, ForeignTextCannotSteerATerminal) {
  const std::pair<absl::string_view, const char*> kCases[] = {
      {"plain – ✔ 日本", "plain – ✔ 日本"},
      {"\x1b[2Jgone", "\\x1B[2Jgone"},
      {"two\nlines\r\t", "two\\x0Alines\\x0D\\x09"},
      {"\xC2\x9B"
       "31m",
       "\\x9B31m"},  // the one-byte CSI
      {"abc\xE2\x80\xAE"
       "def",
       "abc\\u202Edef"},  // RIGHT-TO-LEFT OVERRIDE
      {"a\xE2\x80\x8B"
       "b",
       "a\\u200Bb"},  // ZERO WIDTH SPACE
      {"bad \xFF\xC0\xAF", "bad \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // a lone surrogate
      {absl::string_view("nul\0byte", 8), "nul\\x00byte"},
  };
  for (const auto& [text, want] : kCases) {
    EXPECT_EQ(Printable(text), want);
    EXPECT_EQ(Printable(want), want) << "once is enough";
  }
  EXPECT_EQ(Printable(std::string(10'000, 'x'), 5), "xxxxx…");
}

TEST(WordsTest, WidthsCountCodePoints) {
  EXPECT_EQ(Width("✔ ok –"), 6u);
  EXPECT_EQ(Padded("✔", 3), "✔  ");
  EXPECT_EQ(Padded("long", 2), "long");
}

}  // namespace
}  // namespace lifeboat::admin
