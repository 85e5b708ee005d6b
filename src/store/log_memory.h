// What is remembered of the logs: how far each has been read, and what was
// counted in it.
//
// A table of state.db.  Losing it costs one more reading.  A file is known by
// its inode and by its first bytes, so a log that was rotated or compressed is
// the same log under another name, and one that was cut off and begun anew is
// another one.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/state_db.h"

namespace benchkeep::store {

// One cause of errors.  `pattern` is what its messages have in common.
struct LogCause {
  std::string kind;  // "rate_limit"
  std::string pattern;
  std::string example;
  std::string model;  // Of the example; may be empty.
  std::string file;   // Of the example.
};

// How often a cause was seen in one hour of one log.  Times are those of the
// log: "2025-08-27T00:43:09", in its own time zone.
struct LogCount {
  std::size_t cause = 0;  // In LogRecord::causes.
  std::string hour;       // "2025-08-27T00"
  std::uint64_t count = 0;
  std::string first;
  std::string last;
};

struct LogFileRecord {
  std::string name;  // Below the root.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t head_bytes = 0;  // How many first bytes `head` stands for.
  std::string head;              // Their SHA-256.
  std::uint64_t size = 0;        // As it was found, compressed or not.
  std::int64_t mtime_ns = 0;
  std::uint64_t offset = 0;  // Read up to here, in bytes of text.
  std::uint64_t error_lines = 0;
  std::string last_time;   // The last one seen in it.
  std::string last_model;  // Likewise.
  std::int64_t gone = 0;   // Seconds since 1970 when it was missed; 0: there.
  std::vector<LogCount> counts;
};

struct LogRecord {
  std::vector<LogCause> causes;
  std::vector<LogFileRecord> files;
  // Counted in files that are long gone: "error_lines", and each class.
  std::map<std::string, std::uint64_t> folded;
};

class LogMemory {
 public:
  // `rules` is the version of the rules that tell errors from other lines: what
  // was counted by other rules is forgotten.
  static Result<LogMemory> Open(const fs::Path& state_db, int rules);

  // For looking only; kNotFound when nothing is remembered.
  static Result<LogMemory> OpenToRead(const fs::Path& state_db, int rules);

  Result<LogRecord> Load();

  // Replaces all that is known.  kBusy when another process has saved since
  // Load(): then nothing is changed, and its count is as good as ours.
  Status Save(const LogRecord& record);

 private:
  explicit LogMemory(StateDb db) : db_(std::move(db)) {}
  Result<std::int64_t> Generation();
  Status Write(const LogRecord& record);

  StateDb db_;
  std::int64_t generation_ = 0;
};

}  // namespace benchkeep::store
