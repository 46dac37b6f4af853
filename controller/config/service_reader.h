#ifndef LIFEBOAT_CONTROLLER_CONFIG_SERVICE_READER_H_
#define LIFEBOAT_CONTROLLER_CONFIG_SERVICE_READER_H_

#include <string>

#include "controller/config/config.h"
#include "controller/config/values.h"
#include "proto/lifeboat/v1/config.pb.h"

namespace lifeboat::config {

// One service, judged against the vantages, exits and levers of `config`, which are read already.
Service ReadService(const Reading& reading, const std::string& key,
                    const v1::ServiceConfig& service, const Config& config);

// When things end: reads `ttl`, `failback` and `intent` of `key` into `service`.
void ReadTimes(const Reading& reading, const std::string& key, const v1::ServiceConfig& proto,
               Service& service);

// What only all services together show: two of one hostname, two at one port of one exit.
void CheckServicesTogether(const Reading& reading, const Config& config);

}  // namespace lifeboat::config

#endif  // LIFEBOAT_CONTROLLER_CONFIG_SERVICE_READER_H_
