// Log errors: what went wrong in the campaign, by cause and not by line.
//
// Reads only what is new since the last time (store/log_memory.h); the answer
// is the same as if all of it had been read.  Takes no lock: two that run at
// once count nothing twice.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "ops/log_line.h"
#include "store/store.h"

namespace benchkeep::ops {

// Remember keeps what was counted in state.db; look changes nothing.
enum class LogRecall { kRemember, kLook };

struct LogErrorsOptions {
  LogRecall recall = LogRecall::kRemember;
  bool rescan = false;  // Forget what is remembered, and read everything.
  int threads = 2;
  // Local time minus UTC: the clock of the logs.
  std::chrono::seconds utc_offset{0};
  // What ErrorCause::recent counts: so long, up to so long ago.
  std::chrono::seconds recent{86'400};
  std::chrono::seconds recent_ago{0};
};

struct ErrorCause {
  ErrorClass kind = ErrorClass::kOther;
  std::string pattern;
  std::uint64_t count = 0;
  // Times as in the log, "2025-08-27T00:43:09"; empty when it has none.
  std::string first;
  std::string last;
  std::string example;
  std::string model;         // Of the example; may be empty.
  std::string file;          // Of the example, below the root.
  std::uint64_t files = 0;   // In how many logs.
  std::uint64_t recent = 0;  // In the last 24 hours, or as the options say.
  bool is_new = false;       // First seen in the last 24 hours.
  // An hour of the last 24 with far more than usual: its count, and the usual
  // count of an hour; 0 when there is none.
  std::string spike_hour;
  std::uint64_t spike_count = 0;
  double spike_usual = 0;
};

struct LogErrorsReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;       // On disk.
  std::uint64_t bytes_read = 0;  // Of text, this time.
  // Lines with ERROR, as `grep -c ERROR` counts them, in the logs that are
  // there.
  std::uint64_t error_lines = 0;
  std::uint64_t errors = 0;  // Lines that tell of one.
  std::array<std::uint64_t, kErrorClasses> by_class = {};
  // Since the memory began, logs that are gone included: these never shrink.
  std::uint64_t total_error_lines = 0;
  std::array<std::uint64_t, kErrorClasses> total_by_class = {};
  // Trouble with services and the machine first, by count; then what models
  // and programs said (format, other).
  std::vector<ErrorCause> causes;
  bool remembered = false;  // The next run need not read this again.
  Findings findings;
};

Result<LogErrorsReport> ReadLogErrors(const store::Store& store,
                                      const LogErrorsOptions& options,
                                      Progress& progress);

}  // namespace benchkeep::ops
