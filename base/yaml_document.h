#ifndef LIFEBOAT_BASE_YAML_DOCUMENT_H_
#define LIFEBOAT_BASE_YAML_DOCUMENT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace lifeboat {

// A YAML file read into a protobuf message, which is its schema: keys are field names, enum values
// are written without their prefix, a google.protobuf.Duration carries a unit. It keeps where each
// value stood, so that whoever checks the message can say what is wrong at the line and column.
// Values are named by their path: "services[0].ttl".
class YamlDocument {
 public:
  // Reads all of it and finds every mistake, not the first alone. Never throws. `name` is what
  // findings call the file; a document larger than 1 MiB is a mistake.
  static YamlDocument Read(std::string name, std::string text, google::protobuf::Message& message);
  // The same for the file at `path`. Fails only where that cannot be read; the status says why.
  static absl::StatusOr<YamlDocument> Load(const std::string& path,
                                           google::protobuf::Message& message);

  // More findings. A `path` that the document does not have stands for its nearest parent.
  void Error(absl::string_view path, absl::string_view words);
  void Warning(absl::string_view path, absl::string_view words);
  bool Given(absl::string_view path) const { return places_.contains(std::string(path)); }
  // "controller.yaml:14", of a document that was loaded from a path the last part of it; empty
  // where `path` is not given.
  std::string PlaceOf(absl::string_view path) const;

  int errors() const { return errors_; }
  int warnings() const { return static_cast<int>(findings_.size()) - errors_; }
  // Every finding as "file:line:col: words", the line and a caret under the value, in the order of
  // the file; then "2 errors, 1 warning". Empty where nothing was found.
  std::string Render() const;

 private:
  friend class YamlReader;
  struct Place {  // counted from 0
    int line = 0;
    int column = 0;
    int length = 1;
  };
  struct Finding {
    Place place;
    bool error = true;
    std::string words;
  };

  YamlDocument(std::string name, std::string text);
  void Add(Place place, bool error, absl::string_view words);
  Place Where(absl::string_view path) const;
  std::string RenderOne(const Finding& finding) const;

  std::string name_;
  std::vector<std::string> lines_;
  std::map<std::string, Place> places_;
  std::vector<Finding> findings_;
  int errors_ = 0;
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_YAML_DOCUMENT_H_
