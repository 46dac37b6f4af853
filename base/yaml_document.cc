#include "base/yaml_document.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/duration_text.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/status.h"
#include "google/protobuf/duration.pb.h"
#include "yaml-cpp/yaml.h"

namespace lifeboat {
namespace {

namespace proto = google::protobuf;

constexpr size_t kLargestFile = 1 << 20;
constexpr int kMostNodes = 100'000;  // aliases can make a small file endless
constexpr int kDeepest = 32;
constexpr char kUnits[] = " wants a unit: 30s, 5m, 1h";

absl::string_view LastKey(absl::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == absl::string_view::npos ? path : path.substr(dot + 1);
}

std::string Join(absl::string_view parent, absl::string_view child) {
  return parent.empty() ? std::string(child) : absl::StrCat(parent, ".", child);
}

std::string In(absl::string_view path) { return path.empty() ? "" : absl::StrCat(" in ", path); }

std::vector<std::string> FieldNames(const proto::Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

// RECORD_TYPE_ of RECORD_TYPE_CNAME: what the names of an enum's values have in common.
std::string EnumPrefix(const proto::EnumDescriptor& type) {
  absl::string_view first = type.value(0)->name();
  absl::ConsumeSuffix(&first, "UNSPECIFIED");
  return std::string(first);
}

std::string DidYouMean(const std::string& nearest) {
  return nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?");
}

// The line at which a second document begins, or 0. YAML::LoadAll would tell, but yaml-cpp 0.7
// never returns from it for some malformed input (",ff aa: e?\x01r]", found by the test of random
// bytes).
int SecondDocument(const std::vector<std::string>& lines) {
  bool content = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (content && absl::StartsWith(lines[i], "---")) return static_cast<int>(i);
    const absl::string_view line = absl::StripAsciiWhitespace(lines[i]);
    content |= !line.empty() && line.front() != '#' && line.front() != '%';
  }
  return 0;
}

}  // namespace

// Walks a YAML tree beside a message's descriptor.
class YamlReader {
 public:
  explicit YamlReader(YamlDocument& document) : document_(document) {}

  void ReadMessage(const YAML::Node& node, const std::string& path, proto::Message& message,
                   int depth) {
    if (!Enter(node, path, depth)) return;
    if (!node.IsMap()) {
      return Error(node, absl::StrCat(path.empty() ? "the document" : path,
                                      " wants keys and values, such as {",
                                      message.GetDescriptor()->field(0)->name(), ": …}"));
    }
    std::map<std::string, int> seen;
    std::map<const proto::OneofDescriptor*, std::string> chosen;
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) {
        Error(pair.first, absl::StrCat("a key", In(path), " is a word, nothing else"));
        continue;
      }
      const std::string& key = pair.first.Scalar();
      const proto::FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key);
      if (field == nullptr) {
        Error(pair.first,
              absl::StrCat("unknown key \"", key, "\"", In(path),
                           DidYouMean(NearestWord(key, FieldNames(*message.GetDescriptor())))));
        continue;
      }
      if (seen[key]++ > 0) {
        Error(pair.first, absl::StrCat("key \"", key, "\" is there twice", In(path)));
        continue;
      }
      if (const proto::OneofDescriptor* oneof = field->containing_oneof()) {
        const auto [other, first] = chosen.emplace(oneof, key);
        if (!first) {
          Error(pair.first, absl::StrCat("\"", key, "\" and \"", other->second,
                                         "\" exclude each other", In(path)));
          continue;
        }
      }
      ReadField(pair.second, Join(path, key), *field, message, depth);
    }
  }

 private:
  void ReadField(const YAML::Node& node, const std::string& path,
                 const proto::FieldDescriptor& field, proto::Message& message, int depth) {
    Remember(node, path);
    if (node.IsNull()) {
      return Error(node, absl::StrCat(LastKey(path), " is empty; give it a value or leave it out"));
    }
    if (!field.is_repeated()) return ReadValue(node, path, field, message, depth);
    if (!node.IsSequence()) {
      return Error(node, absl::StrCat(LastKey(path), " wants a list: [",
                                      node.IsScalar() ? node.Scalar() : "…", "]"));
    }
    int index = 0;
    for (const YAML::Node& item : node) {
      const std::string item_path = absl::StrCat(path, "[", index++, "]");
      Remember(item, item_path);
      ReadValue(item, item_path, field, message, depth);
    }
  }

  // One value: sets the field, or adds to a repeated one.
  void ReadValue(const YAML::Node& node, const std::string& path,
                 const proto::FieldDescriptor& field, proto::Message& message, int depth) {
    const proto::Reflection& reflection = *message.GetReflection();
    if (field.cpp_type() == proto::FieldDescriptor::CPPTYPE_MESSAGE) {
      const bool is_duration = field.message_type()->full_name() == "google.protobuf.Duration";
      const auto duration =
          is_duration && node.IsScalar() ? ParseDurationText(node.Scalar()) : std::nullopt;
      // One that cannot be read stays unset: whoever checks on must not take it for 0 s.
      if (is_duration && !duration) return Error(node, absl::StrCat(LastKey(path), kUnits));
      proto::Message& child = field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                                  : *reflection.MutableMessage(&message, &field);
      if (is_duration) return SetDuration(*duration, static_cast<proto::Duration&>(child));
      return ReadMessage(node, path, child, depth + 1);
    }
    if (!Enter(node, path, depth)) return;
    if (!node.IsScalar()) {
      return Error(node, absl::StrCat(LastKey(path), " wants a single value"));
    }
    ReadScalar(node, path, field, message);
  }

  static void SetDuration(absl::Duration duration, proto::Duration& out) {
    out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
    out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  }

  void ReadScalar(const YAML::Node& node, const std::string& path,
                  const proto::FieldDescriptor& field, proto::Message& message) {
    const std::string& text = node.Scalar();
    const proto::Reflection& reflection = *message.GetReflection();
    const auto put = [&](auto set, auto add, auto value) {
      field.is_repeated() ? (reflection.*add)(&message, &field, value)
                          : (reflection.*set)(&message, &field, value);
    };
    using R = proto::Reflection;
    switch (field.cpp_type()) {
      case proto::FieldDescriptor::CPPTYPE_STRING:
        return put(&R::SetString, &R::AddString, text);
      case proto::FieldDescriptor::CPPTYPE_BOOL:
        if (text != "true" && text != "false") return Wants(node, path, "true or false");
        return put(&R::SetBool, &R::AddBool, text == "true");
      case proto::FieldDescriptor::CPPTYPE_UINT32: {
        uint32_t number = 0;
        if (!absl::SimpleAtoi(text, &number)) return Wants(node, path, "a whole number from 0 up");
        return put(&R::SetUInt32, &R::AddUInt32, number);
      }
      case proto::FieldDescriptor::CPPTYPE_UINT64: {
        uint64_t number = 0;
        if (!absl::SimpleAtoi(text, &number)) return Wants(node, path, "a whole number from 0 up");
        return put(&R::SetUInt64, &R::AddUInt64, number);
      }
      case proto::FieldDescriptor::CPPTYPE_INT32: {
        int32_t number = 0;
        if (!absl::SimpleAtoi(text, &number)) return Wants(node, path, "a whole number");
        return put(&R::SetInt32, &R::AddInt32, number);
      }
      case proto::FieldDescriptor::CPPTYPE_INT64: {
        int64_t number = 0;
        if (!absl::SimpleAtoi(text, &number)) return Wants(node, path, "a whole number");
        return put(&R::SetInt64, &R::AddInt64, number);
      }
      case proto::FieldDescriptor::CPPTYPE_DOUBLE: {
        double number = 0;
        if (!absl::SimpleAtod(text, &number) || !(number - number == 0)) {
          return Wants(node, path, "a number");
        }
        return put(&R::SetDouble, &R::AddDouble, number);
      }
      case proto::FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(node, path, field, message);
      default:
        return Wants(node, path, "nothing that YAML can say");
    }
  }

  void ReadEnum(const YAML::Node& node, const std::string& path,
                const proto::FieldDescriptor& field, proto::Message& message) {
    const proto::EnumDescriptor& type = *field.enum_type();
    const std::string prefix = EnumPrefix(type);
    std::vector<std::string> names;
    for (int i = 1; i < type.value_count(); ++i) {
      const std::string name = type.value(i)->name().substr(prefix.size());
      if (absl::AsciiStrToLower(name) == absl::AsciiStrToLower(node.Scalar())) {
        const proto::Reflection& reflection = *message.GetReflection();
        return field.is_repeated() ? reflection.AddEnum(&message, &field, type.value(i))
                                   : reflection.SetEnum(&message, &field, type.value(i));
      }
      names.push_back(name);
    }
    Wants(node, path, absl::StrCat("one of ", absl::StrJoin(names, ", ")));
  }

  bool Enter(const YAML::Node& node, const std::string& path, int depth) {
    if (depth <= kDeepest && ++nodes_ <= kMostNodes) return true;
    if (!overrun_) Error(node, absl::StrCat(path, " is nested or repeated beyond all measure"));
    overrun_ = true;
    return false;
  }

  void Wants(const YAML::Node& node, const std::string& path, absl::string_view what) {
    Error(node, absl::StrCat(LastKey(path), " wants ", what, ", not \"", node.Scalar(), "\""));
  }

  static YamlDocument::Place PlaceOf(const YAML::Node& node) {
    const YAML::Mark mark = node.Mark();
    YamlDocument::Place place{.line = std::max(mark.line, 0), .column = std::max(mark.column, 0)};
    if (node.IsScalar()) {
      const bool quoted = node.Tag() == "!";
      place.length = static_cast<int>(node.Scalar().size()) + (quoted ? 2 : 0);
    }
    return place;
  }
  void Remember(const YAML::Node& node, const std::string& path) {
    document_.places_.emplace(path, PlaceOf(node));
  }
  void Error(const YAML::Node& node, absl::string_view words) {
    document_.Add(PlaceOf(node), true, words);
  }

  YamlDocument& document_;
  int nodes_ = 0;
  bool overrun_ = false;
};

YamlDocument::YamlDocument(std::string name, std::string text)
    : name_(std::move(name)), lines_(absl::StrSplit(text, '\n')) {}

YamlDocument YamlDocument::Read(std::string name, std::string text, proto::Message& message) {
  YamlDocument document(std::move(name), text.size() <= kLargestFile ? text : "");
  if (text.size() > kLargestFile) {
    document.Add({}, true, "the file is larger than 1 MiB: is it the right one?");
    return document;
  }
  try {
    const int second = SecondDocument(document.lines_);
    if (second > 0) {
      document.Add({.line = second}, true, "a second document begins (---); one is wanted");
    }
    const YAML::Node node = YAML::Load(text);
    if (!node.IsNull()) YamlReader(document).ReadMessage(node, "", message, 0);
  } catch (const YAML::Exception& exception) {
    document.Add(
        {.line = std::max(exception.mark.line, 0), .column = std::max(exception.mark.column, 0)},
        true, absl::StrCat("this is not YAML: ", exception.msg));
  } catch (const std::exception& exception) {
    document.Add({}, true, absl::StrCat("this is not YAML: ", exception.what()));
  }
  return document;
}

absl::StatusOr<YamlDocument> YamlDocument::Load(const std::string& path, proto::Message& message) {
  ASSIGN_OR_RETURN(std::string text, ReadFile(path, kLargestFile));
  return Read(path, std::move(text), message);
}

void YamlDocument::Add(Place place, bool error, absl::string_view words) {
  findings_.push_back({.place = place, .error = error, .words = std::string(words)});
  if (error) ++errors_;
}

void YamlDocument::Error(absl::string_view path, absl::string_view words) {
  Add(Where(path), true, words);
}

void YamlDocument::Warning(absl::string_view path, absl::string_view words) {
  Add(Where(path), false, words);
}

std::string YamlDocument::PlaceOf(absl::string_view path) const {
  const auto found = places_.find(std::string(path));
  if (found == places_.end()) return "";
  const size_t slash = name_.rfind('/');
  return absl::StrCat(slash == std::string::npos ? name_ : name_.substr(slash + 1), ":",
                      found->second.line + 1);
}

YamlDocument::Place YamlDocument::Where(absl::string_view path) const {
  for (;;) {
    const auto found = places_.find(std::string(path));
    if (found != places_.end()) return found->second;
    const size_t end = path.find_last_of(".[");
    if (end == absl::string_view::npos) return Place{};
    path = path.substr(0, end);
  }
}

std::string YamlDocument::RenderOne(const Finding& finding) const {
  const Place& place = finding.place;
  std::string out = absl::StrCat(name_, ":", place.line + 1, ":", place.column + 1, ": ",
                                 finding.error ? "" : "warning: ", finding.words, "\n");
  if (place.line >= static_cast<int>(lines_.size())) return out;
  std::string line = lines_[place.line];
  // Control bytes must not steer the terminal, and tabs would shift the caret.
  for (char& c : line) {
    if (std::iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  const std::string number = std::to_string(place.line + 1);
  const std::string margin(std::max<size_t>(5, number.size()), ' ');
  const int rest = static_cast<int>(line.size()) - place.column;
  const int carets = std::max(1, std::min(place.length, rest));
  absl::StrAppend(&out, margin.substr(number.size()), number, " | ", line, "\n");
  absl::StrAppend(&out, margin, " | ", std::string(place.column, ' '), std::string(carets, '^'),
                  "\n");
  return out;
}

std::string YamlDocument::Render() const {
  if (findings_.empty()) return "";
  std::vector<Finding> ordered = findings_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  std::string out;
  for (const Finding& finding : ordered) absl::StrAppend(&out, RenderOne(finding));
  const auto count = [](int n, absl::string_view word) {
    return absl::StrCat(n, " ", word, n == 1 ? "" : "s");
  };
  absl::StrAppend(&out, count(errors(), "error"));
  if (warnings() > 0) absl::StrAppend(&out, ", ", count(warnings(), "warning"));
  return out + "\n";
}

}  // namespace lifeboat
