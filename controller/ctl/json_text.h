#ifndef LIFEBOAT_CONTROLLER_CTL_JSON_TEXT_H_
#define LIFEBOAT_CONTROLLER_CTL_JSON_TEXT_H_

#include <map>
#include <string>

#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"

namespace lifeboat::ctl {

// `message` as JSON with its fields' own names, all of them there; on one line, or for people.
std::string ToJson(const google::protobuf::Message& message, bool one_line = false);

google::protobuf::Value JsonValue(const std::string& text);
google::protobuf::Value JsonValue(double number);
google::protobuf::Value JsonValue(bool yes);
// An object, for what has no message of its own.
std::string ToJson(const std::map<std::string, google::protobuf::Value>& fields);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_JSON_TEXT_H_
