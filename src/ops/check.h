// Check: are results arriving, and are they safe?  Nine checks.
//
// Each runs in a process of its own with a deadline, so that a disk that hangs
// costs that check and no other: what did not answer is unknown, and unknown is
// not ok.  Changes nothing but what it remembers (store/check_memory.h,
// store/log_memory.h).

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/result.h"
#include "host/processes.h"
#include "store/store.h"

namespace benchkeep::ops {

enum class CheckLevel {
  kQuick,  // Footers, names, sizes; services are asked.
  kFull,   // Statistics of the results, too.
  kDeep,   // Reads every row, and proves the balance of the ledger.
};
const char* CheckLevelName(CheckLevel level);

// By gravity; could not tell is graver than a warning.
enum class CheckState { kOk, kWarning, kUnknown, kCritical };

// From which value on a check warns, and is critical.
struct CheckLimits {
  std::optional<double> warning;
  std::optional<double> critical;
  const char* unit = "";  // "%", "h", "s", or none for a count.
};

struct CheckResult {
  std::string name;  // "disk"
  CheckState state = CheckState::kUnknown;
  Message message;
  std::optional<double> value;
  CheckLimits limits;
  Message fix;                            // Empty when ok.
  std::optional<std::int64_t> last_good;  // Seconds since 1970.
  Json details = Json::Object();          // More of it, for --json.
};

struct CheckReport {
  CheckState state = CheckState::kUnknown;  // The gravest.
  CheckLevel level = CheckLevel::kFull;
  std::vector<CheckResult> checks;  // In the order of CheckNames().
  bool remembered = false;
};

struct CheckOptions {
  CheckLevel level = CheckLevel::kFull;
  std::vector<std::string> only = {};  // Names; empty: all.
  std::uint64_t memory_bytes = 0;
  bool remember = true;
  std::chrono::seconds utc_offset{0};
  int self = 0;  // Our pid.
  host::ProcessTable processes = host::ProcessTable();
  fs::Path cron_root = "/";
  // The value of an environment variable; for the key of [api] key_variable.
  std::function<std::string(const char*)> variable = {};
};

// processes, master_database, results, increments, disk, log_errors, api,
// backup, jobs.
const std::vector<std::string>& CheckNames();

// True when the store at `root` answers within `deadline`: it can be opened, or
// there is a clear reason why not.  False when its disk hangs.
bool StoreAnswers(fs::FileSystem& file_system, Clock& clock,
                  const fs::Path& root, std::chrono::milliseconds deadline);

CheckReport RunChecks(const store::Store& store, const CheckOptions& options,
                      Progress& progress);

// All unknown, since the disk of the store does not answer.
CheckReport HangingStore(CheckLevel level, std::chrono::seconds waited);

}  // namespace benchkeep::ops
