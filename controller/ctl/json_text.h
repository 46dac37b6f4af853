#ifndef LIFEBOAT_CONTROLLER_CTL_JSON_TEXT_H_
#define LIFEBOAT_CONTROLLER_CTL_JSON_TEXT_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

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

// The pieces of a larger object, in an order of their own: each argument is JSON already.
std::string JsonPiece(const google::protobuf::Value& value);
std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& fields);
std::string JsonArray(const std::vector<std::string>& elements);

}  // namespace lifeboat::ctl

#endif  // LIFEBOAT_CONTROLLER_CTL_JSON_TEXT_H_
