// One line of a log: what it says below its wrappers, whether that is an error,
// and of which kind.
//
// Most lines with ERROR in the campaign's logs are none: a script prints the
// last lines of another log, each behind a coloured "[ERROR]".  The innermost
// level counts.

#pragma once

#include <string>
#include <string_view>

namespace benchkeep::ops {

enum class ErrorClass {
  kRateLimit,
  kAuth,
  kTimeout,
  kNetwork,
  kFormat,
  kCrash,
  kDisk,
  kOther,
};
inline constexpr int kErrorClasses = 8;

// "rate_limit", as in --json.
const char* ErrorClassName(ErrorClass kind);
// kOther for a name that there is not.
ErrorClass ErrorClassOf(std::string_view name);

enum class LogLevel { kNone, kDebug, kInfo, kWarning, kError };

// Views into the line.
struct LogLine {
  std::string_view time;     // "2025-08-27 00:43:09", or empty.
  std::string_view message;  // Without time, logger, level and wrappers.
  std::string_view tag;      // "LLM_ERROR" of a message "[LLM_ERROR] ...".
  LogLevel level = LogLevel::kNone;  // The innermost.
  bool wrapped = false;              // Only a coloured wrapper says ERROR.
  std::size_t indent = 0;            // Of what stands below the wrapper.
};

LogLine ParseLogLine(std::string_view line);

// Whether the line tells of an error, all things considered.
bool TellsOfError(const LogLine& line);

// By the words of the message, Chinese or English.
ErrorClass Classify(std::string_view message);

// True for what befalls a test from outside: it says nothing about the model.
bool IsInfrastructure(ErrorClass kind);

// The model that the message names, or empty.
std::string_view ModelIn(std::string_view message);

// The message with what differs from time to time taken out, at most about 200
// bytes: "#" for numbers, <id>, <url>, <path>, '*' for quoted text, <model> for
// `model`.  Status codes stay.  Of a payload ({'message': ..., 'code': ...})
// the message and the code stay.
void PatternOf(std::string_view message, std::string_view model,
               std::string& pattern);

// `text` on one line, without colours and control characters, at most
// `max_bytes`, with "***" where a key, a password or a token stood.
std::string Scrubbed(std::string_view text, std::size_t max_bytes);

}  // namespace benchkeep::ops
