#ifndef LIFEBOAT_CONTROLLER_ADMIN_WORDS_H_
#define LIFEBOAT_CONTROLLER_ADMIN_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/lifeboat/v1/admin.pb.h"

// How figures and foreign text are put for people.
namespace lifeboat::admin {

// "41 ms", "0.4 s", "6 s", "47 s", "1 min 30 s", "1 h 12 min", "3 d 4 h". Rounded down from 10 s
// on; "for ever" where infinite.
std::string Span(absl::Duration duration);

// A count and its noun: "1 vantage", "3 vantages".
std::string Counted(int64_t count, absl::string_view noun);

// "✔", "▲", "✖", "–", "●", "○"; a space for none.
absl::string_view Glyph(v1::Mark mark);

// `text` as one line that can neither steer a terminal nor reorder what stands around it: control
// bytes as \xNN, bidirectional and other invisible controls as \u202E, broken UTF-8 as U+FFFD, and
// at most `most_bytes`, then "…". Text that is printable already stays as it is.
std::string Printable(absl::string_view text, size_t most_bytes = 1000);

// "quorum.hold, controller.yaml:14": what sets a rule that holds; empty where no key does.
std::string KeyWords(const v1::RuleView& rule);

// `text` with a full stop behind it, unless it ends with one.
std::string Sentence(absl::string_view text);

// How many code points `text` has: the width of what Printable returns, but for wide scripts.
size_t Width(absl::string_view text);

// `text`, then spaces up to `width`.
std::string Padded(absl::string_view text, size_t width);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_WORDS_H_
