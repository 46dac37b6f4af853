#ifndef LIFEBOAT_CONTROLLER_CONFIG_ECHO_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_ECHO_READER_H_

#include <string>

#include "controller/config/config.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {

// The origin echo of one service, whose health is read already.
OriginEcho ReadEcho(const Reading& reading, const std::string& key, const v1::EchoConfig& proto,
                    const Health& health);

// Two services with one key: an answer of the one would pass for the other's.
void CheckEchoesTogether(const Reading& reading, const Config& config);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_ECHO_READER_H_
