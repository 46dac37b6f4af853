#ifndef LIFEBOAT_CONTROLLER_ADMIN_VIEW_H_
#define LIFEBOAT_CONTROLLER_ADMIN_VIEW_H_

#include "base/clock.h"
#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

// State in, words out: the one view that the command line, the text page and the HTML page show
// (docs/decisions/012.md). Pure.
namespace lifeboat::admin {

// What `snapshot` says when it is looked at `now`. Strings of it are printable: see Printable.
v1::StatusView MakeStatusView(const Snapshot& snapshot, Instant now);

// Of `view` what concerns `service`: itself, its exits, its levers, and all vantages. The headline
// stays that of the whole. False when there is no such service.
bool KeepOnly(const std::string& service, v1::StatusView& view);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_VIEW_H_
