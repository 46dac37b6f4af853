#ifndef LIFEBOAT_CONTROLLER_CONFIG_LEVER_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_LEVER_READER_H_

#include <string>

#include "controller/config/config.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {

// One way to change DNS, its secret read from its file.
Lever ReadLever(const Reading& reading, const std::string& key, const v1::LeverConfig& lever);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_LEVER_READER_H_
