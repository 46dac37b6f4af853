#ifndef LIFEBOAT_CONTROLLER_ADMIN_FLEET_VIEW_H_
#define LIFEBOAT_CONTROLLER_ADMIN_FLEET_VIEW_H_

#include <string>
#include <vector>

#include "controller/failover/snapshot.h"
#include "proto/lifeboat/v1/admin.pb.h"

// What services stand on: vantages, exit nodes, levers.
namespace lifeboat::admin {

v1::VantageView MakeVantageView(const VantageSnapshot& vantage);
v1::ExitView MakeExitView(const ExitSnapshot& exit);
v1::LeverView MakeLeverView(const LeverSnapshot& lever);
v1::ServerView MakeServerView(const ServerAnswer& answer);

// "3 vote, 2 abstain: nyc, syd (panel bad) · 3 AS, 3 countries".
std::string VantagesLine(const std::vector<VantageSnapshot>& vantages);

}  // namespace lifeboat::admin

#endif  // LIFEBOAT_CONTROLLER_ADMIN_FLEET_VIEW_H_
