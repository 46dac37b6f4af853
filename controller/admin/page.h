#ifndef LIFEBOAT_CONTROLLER_ADMIN_PAGE_H_
#define LIFEBOAT_CONTROLLER_ADMIN_PAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/lifeboat/v1/admin.pb.h"

// The view as a plain HTML page: whole in itself, without script, read anew by the browser every
// few seconds. Pure.
namespace lifeboat::admin {

// `style_path`: where the browser finds StatusStyle.
std::string StatusPage(const v1::StatusView& view, const std::vector<v1::EventView>& events,
                       absl::string_view style_path);
absl::string_view StatusStyle();  // CSS

// `text` as HTML text or attribute value, after Printable.
std::string Html(absl::string_view text);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_PAGE_H_
