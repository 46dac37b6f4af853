#ifndef LIFEBOAT_CONTROLLER_CONFIG_REGIONS_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_REGIONS_READER_H_

#include <string>
#include <vector>

#include "controller/config/config.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

// A quorum of quorums.
namespace lifeboat::config {

// `quorum_share` is the share where `regions` names none. Judged against the vantages there are:
// regions that none of them is in, vantages that are in no region, and a number of regions that
// they cannot reach are errors.
RegionPolicy ReadRegions(const Reading& reading, const std::string& key,
                         const v1::RegionsConfig& regions, double quorum_share,
                         const std::vector<VantageSettings>& vantages);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_REGIONS_READER_H_
