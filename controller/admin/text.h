#ifndef LIFEBOAT_CONTROLLER_ADMIN_TEXT_H_
#define LIFEBOAT_CONTROLLER_ADMIN_TEXT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proto/lifeboat/v1/admin.pb.h"

// The view as text for a terminal, or for whoever asks the page for text/plain. Pure. Whatever the
// view holds, no control byte but line feeds (and colours, where asked for) comes out.
namespace lifeboat::admin {

struct TextStyle {
  bool color = false;
  absl::TimeZone zone = absl::UTCTimeZone();  // of the reader
  bool wide = false;                          // every rule, and whole ids
};

// The status table with what is below it.
std::string StatusText(const v1::StatusView& view, const TextStyle& style);

// One service: what serves, who says so, what happens next and why not yet, what would change it.
// `status` holds that service alone. Of an event the same, as it stood when that was decided.
std::string ExplainText(const v1::ExplainResponse& explanation, const TextStyle& style);

// What stands for an event's id in lists; `explain` takes it.
std::string ShortId(const v1::EventView& event);

// "03:12:41 ▲ web  edge is DOWN: …": one line, with the date where `date`, and its id at the end
// where there is more to be said of it.
std::string EventLine(const v1::EventView& event, const TextStyle& style, bool date);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_TEXT_H_
