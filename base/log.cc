#include "base/log.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace lifeboat {
namespace {

constexpr char kLevelVariable[] = "LIFEBOAT_LOG";

std::optional<LogLevel> ParseLevel(absl::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return std::nullopt;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

// U+0080 to U+009F, which some terminals obey as they obey ESC.
bool IsC1Control(absl::string_view text, size_t at) {
  return text[at] == '\xc2' && at + 1 < text.size() && (text[at + 1] & '\xe0') == '\x80';
}

std::string EscapeValue(absl::string_view value) {
  const bool quoted = value.empty() || value.find_first_of(" \"=") != absl::string_view::npos;
  const std::string escaped = EscapeForLog(value);
  if (!quoted) return escaped;
  return absl::StrCat("\"", absl::StrReplaceAll(escaped, {{"\"", "\\\""}}), "\"");
}

}  // namespace

std::string EscapeForLog(absl::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '\n') {
      escaped += "\\n";
    } else if (text[i] == '\t') {
      escaped += "\\t";
    } else if (text[i] == '\\') {
      escaped += "\\\\";
    } else if (byte < 0x20 || byte == 0x7f || IsC1Control(text, i)) {
      absl::StrAppendFormat(&escaped, "\\x%02x", byte);
    } else {
      escaped += text[i];
    }
  }
  return escaped;
}

std::string FormatLogLine(absl::string_view component, absl::string_view message,
                          LogFields fields) {
  std::string line = absl::StrCat(component, ": ", EscapeForLog(message));
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.key, "=", EscapeValue(field.value));
  }
  return line;
}

void Log::Debug(absl::string_view component, absl::string_view message, LogFields fields) {
  Write(LogLevel::kDebug, FormatLogLine(component, message, fields));
}

void Log::Info(absl::string_view component, absl::string_view message, LogFields fields) {
  Write(LogLevel::kInfo, FormatLogLine(component, message, fields));
}

void Log::Warning(absl::string_view component, absl::string_view message, LogFields fields) {
  Write(LogLevel::kWarning, FormatLogLine(component, message, fields));
}

void Log::Error(absl::string_view component, absl::string_view message, LogFields fields) {
  Write(LogLevel::kError, FormatLogLine(component, message, fields));
}

StderrLog::StderrLog() : StderrLog(LogLevel::kInfo) {
  const char* wanted = std::getenv(kLevelVariable);
  if (wanted == nullptr) return;
  if (const auto level = ParseLevel(wanted)) {
    logger_->set_level(ToSpdlog(*level));
  } else {
    Warning("log", "LIFEBOAT_LOG is none of debug, info, warning, error; info it is",
            {{"LIFEBOAT_LOG", wanted}});
  }
}

StderrLog::StderrLog(LogLevel least)
    : logger_(std::make_unique<spdlog::logger>("lifeboat",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
  logger_->set_level(ToSpdlog(least));
  logger_->flush_on(spdlog::level::debug);
}

StderrLog::~StderrLog() = default;

void StderrLog::Write(LogLevel level, const std::string& line) {
  logger_->log(ToSpdlog(level), "{}", line);
}

}  // namespace lifeboat
