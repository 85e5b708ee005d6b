// What `check` remembers from one time to the next.
//
// Tables of state.db.  Losing it loses the history of the disk, and counters
// begin anew.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::store {

// Of a check ("disk") or a part of one ("api https://...").
struct CheckMark {
  std::optional<std::int64_t> last_good;  // Seconds since 1970.
  std::int64_t failures = 0;              // In a row.
};

// A number at a time: the free bytes of the disk.
struct Sample {
  std::int64_t time = 0;  // Seconds since 1970.
  std::string name;
  double value = 0;
};

// The name of the samples of the free bytes of the store's disk.
inline constexpr const char* kFreeBytesSample = "disk_free_bytes";
// Of the cells of the master database.
inline constexpr const char* kMasterTestsSample = "master_tests";

// A writer as it was seen the last time.
struct SeenWriter {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::int64_t time = 0;           // When it was seen.
  std::int64_t last_write_ns = 0;  // Since 1970.
  std::int64_t cpu_ns = 0;
  double usual_gap_seconds = 0;  // Between writes; 0: not known yet.
};

struct CheckMemory {
  std::map<std::string, CheckMark> marks;
  std::vector<Sample> samples;  // By time.
  std::vector<SeenWriter> writers;
};

// Nothing, when nothing was ever remembered.
Result<CheckMemory> LoadCheckMemory(const fs::Path& state_db);

// Keeps the marks and writers of `memory` and adds those of its samples that
// are not there; forgets samples older than `oldest`.
Status SaveCheckMemory(const fs::Path& state_db, const CheckMemory& memory,
                       std::int64_t oldest);

// Samples whose names begin with `prefix`, by time.  Nothing, when nothing was
// ever remembered.
Result<std::vector<Sample>> LoadSamples(const fs::Path& state_db,
                                        const std::string& prefix);

// Adds samples, and forgets those whose names begin with `prefix` that are
// older than `oldest`.  The rest of the memory stays as it is.
Status AddSamples(const fs::Path& state_db, const std::vector<Sample>& samples,
                  const std::string& prefix, std::int64_t oldest);

// For handing it from one process to another.
Json CheckMemoryToJson(const CheckMemory& memory);
CheckMemory CheckMemoryFromJson(const Json& json);

}  // namespace benchkeep::store
