#ifndef LIFEBOAT_CONTROLLER_CONFIG_FLEET_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_FLEET_READER_H_

#include <string>

#include "controller/config/config.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

// The machines around a controller: who watches, and who stands by.
namespace lifeboat::config {

VantageSettings ReadVantage(const Reading& reading, const std::string& key,
                            const v1::VantageConfig& vantage);

ExitNode ReadExit(const Reading& reading, const std::string& key, const v1::ExitConfig& exit);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_FLEET_READER_H_
