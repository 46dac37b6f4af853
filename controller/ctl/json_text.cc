#include "controller/ctl/json_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"

namespace lifeboat::ctl {

std::string ToJson(const google::protobuf::Message& message, bool one_line) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = !one_line;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  // Fails only for what our own messages never hold: an Any of unknown type, a broken time.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return "{}\n";
  absl::StripTrailingAsciiWhitespace(&text);
  return text + "\n";
}

google::protobuf::Value JsonValue(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return value;
}

google::protobuf::Value JsonValue(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return value;
}

google::protobuf::Value JsonValue(bool yes) {
  google::protobuf::Value value;
  value.set_bool_value(yes);
  return value;
}

std::string ToJson(const std::map<std::string, google::protobuf::Value>& fields) {
  std::string text = "{";
  for (const auto& [name, value] : fields) {
    // One by one: a protobuf Struct would print its fields in no order.
    absl::StrAppend(&text, text.size() > 1 ? "," : "", "\n \"", name, "\": ", JsonPiece(value));
  }
  return text + "\n}\n";
}

std::string JsonPiece(const google::protobuf::Value& value) {
  std::string piece = ToJson(value, true);
  absl::StripTrailingAsciiWhitespace(&piece);
  return piece;
}

std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<std::string> members;
  for (const auto& [name, piece] : fields) {
    members.push_back(absl::StrCat(JsonPiece(JsonValue(name)), ": ", piece));
  }
  return absl::StrCat("{", absl::StrJoin(members, ", "), "}");
}

std::string JsonArray(const std::vector<std::string>& elements) {
  return absl::StrCat("[", absl::StrJoin(elements, ", "), "]");
}

}  // namespace lifeboat::ctl
