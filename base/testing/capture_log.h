#ifndef LIFEBOAT_BASE_TESTING_CAPTURE_LOG_H_
#define LIFEBOAT_BASE_TESTING_CAPTURE_LOG_H_

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/mutex.h"

namespace lifeboat {

// A log that keeps its lines, as "warning agents: message key=value", and writes nothing.
class CaptureLog : public Log {
 public:
  std::vector<std::string> Lines() const {
    MutexLock lock(mutex_);
    return lines_;
  }
  std::string Text() const { return absl::StrJoin(Lines(), "\n"); }
  bool Contains(absl::string_view text) const { return absl::StrContains(Text(), text); }

 protected:
  void Write(LogLevel level, const std::string& line) override {
    constexpr absl::string_view kNames[] = {"debug", "info", "warning", "error"};
    MutexLock lock(mutex_);
    lines_.push_back(absl::StrCat(kNames[static_cast<int>(level)], " ", line));
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ GUARDED_BY(mutex_);
};

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_TESTING_CAPTURE_LOG_H_
