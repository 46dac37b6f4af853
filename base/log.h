#ifndef LIFEBOAT_BASE_LOG_H_
#define LIFEBOAT_BASE_LOG_H_

#include <initializer_list>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spdlog {
class logger;
}

namespace lifeboat {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// One key=value of a log line: {"run", id}, {"port", 7443}.
struct LogField {
  LogField(absl::string_view key, const absl::AlphaNum& value)
      : key(key), value(value.Piece().data(), value.size()) {}

  absl::string_view key;
  std::string value;
};
using LogFields = std::initializer_list<LogField>;

// Where a program says what an operator would act on. Built in main, passed by reference.
// Thread-safe. Message and values may be hostile text; secrets stay out of both.
//
//   log.Info("agents", "fra connected", {{"run", run_id}});
class Log {
 public:
  virtual ~Log() = default;

  void Debug(absl::string_view component, absl::string_view message, LogFields fields = {});
  void Info(absl::string_view component, absl::string_view message, LogFields fields = {});
  void Warning(absl::string_view component, absl::string_view message, LogFields fields = {});
  void Error(absl::string_view component, absl::string_view message, LogFields fields = {});

 protected:
  // `line` is "component: message key=value" without control bytes; the writer adds time and level.
  virtual void Write(LogLevel level, const std::string& line) = 0;
};

// One line each to stderr: "2026-01-31T03:12:37.120Z warning agents: message key=value". Times are
// UTC, to show in an order that no zone disturbs.
class StderrLog final : public Log {
 public:
  // With the level that the environment's LIFEBOAT_LOG names (debug, info, warning, error); info
  // without it, and with a warning where it names no level.
  StderrLog();
  explicit StderrLog(LogLevel least);
  ~StderrLog() override;

 protected:
  void Write(LogLevel level, const std::string& line) override;

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

// `text` with control bytes as \n, \t or \xNN and backslashes doubled, so that text from a peer
// can neither forge a line nor steer a terminal.
std::string EscapeForLog(absl::string_view text);

// "component: message key=value", escaped; a value with spaces or quotes stands in quotes.
std::string FormatLogLine(absl::string_view component, absl::string_view message, LogFields fields);

}  // namespace lifeboat

#endif  // LIFEBOAT_BASE_LOG_H_
