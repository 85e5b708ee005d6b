// Which log on disk is which one of memory.

#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "ops/log_files.h"
#include "store/log_memory.h"
#include "store/store.h"

namespace benchkeep::ops {

// A log that is there.
struct MatchedLog {
  LogFile file;
  std::size_t record = 0;  // In LogRecord::files.
  bool read = true;        // False: nothing can have changed since.
};

// Finds the record of every log, and appends one for each new log.  The same
// inode with the same first bytes is the same log; so is another inode with the
// same first bytes when the old name is gone (moved, compressed, copied and
// removed).  A log and its compressed copy count once.  Records without a log
// get the time `now` as `gone`.
Result<std::vector<MatchedLog>> MatchLogs(const store::Store& store,
                                          const std::vector<LogFile>& files,
                                          std::int64_t now,
                                          store::LogRecord& record,
                                          Findings& findings);

}  // namespace benchkeep::ops
