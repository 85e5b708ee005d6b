// Tune: how many runners and what batch size fit this machine, these services
// and this campaign; who uses the memory, and for how long it lasts.
//
// Starts from the rule of the maintenance guide and lowers it by every limit
// that can be found.  A limit that cannot be told has no value: nothing is
// guessed.  Remembers the memory of every runner, for its growth.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "host/machine.h"
#include "host/processes.h"
#include "ops/pace.h"
#include "ops/tune_release.h"
#include "store/store.h"

namespace benchkeep::ops {

// How results are stored decides how many may write at once.
enum class Storage { kParquet, kJson };
const char* StorageName(Storage storage);

struct TuneOptions {
  std::optional<Storage> storage = {};  // None: as the store has it.
  std::uint64_t tasks = 1000;           // That are still to be done.
  std::chrono::seconds interval{0};     // Looks twice, for the growth.
  bool remember = true;
  std::chrono::seconds utc_offset{0};
  int self = 0;  // Our pid.
  host::Machine machine = host::Machine();
};

struct TuneLimit {
  // guide, affinity, cpu_quota, memory, api_rate.
  std::string name;
  std::optional<std::int64_t> value = {};  // Runners; none: no limit known.
  bool binds = false;                      // It is the one that decides.
  Message about = {};                      // Where the value comes from.
};

struct TuneRunner {
  host::Process process;
  std::string script;
  std::optional<std::uint64_t> pss_bytes;
  std::optional<double> growth_bytes_per_hour;
};

struct TuneBatch {
  std::int64_t guide = 0;  // By the guide's rule.
  std::int64_t value = 0;
  Message about;
};

struct TuneMemory {
  std::optional<host::MemoryState> state;
  std::vector<TuneRunner> runners;
  std::uint64_t pss_bytes = 0;  // Of all of them.
  // The largest one, now or when there was one last.
  std::optional<std::uint64_t> per_runner_bytes;
  bool per_runner_remembered = false;
  std::optional<double> growth_bytes_per_hour;  // Of all of them.
  std::optional<double> hours_to_oom;
  std::optional<host::Pressure> memory_pressure;
  std::optional<host::Pressure> cpu_pressure;
  std::optional<host::Pressure> io_pressure;
  StoreCache cache;
  bool is_short = false;
};

struct TuneRateLimits {
  std::uint64_t refused = 0;  // Errors of class rate_limit in 24 hours.
  std::optional<double> refused_share;
  std::optional<double> retry_after_seconds;
};

struct TuneReport {
  Storage storage = Storage::kParquet;
  std::int64_t workers = 1;
  std::vector<TuneLimit> limits;
  TuneBatch batch;
  Pace pace;
  TuneRateLimits rate;
  TuneMemory memory;
  Findings findings;
};

Result<TuneReport> ReadTune(const store::Store& store,
                            const TuneOptions& options, Progress& progress);

// tune_limits.cc.  Fills workers, limits and batch from what was measured.
void SetLimits(const host::Machine& machine, const store::Settings& settings,
               std::uint64_t tasks, TuneReport& report);

// The longest wait that a service asked for in such a message ("Retry-After:
// 20", "try again in 1m2.5s"), in seconds.
std::optional<double> RetryAfterIn(const std::string& message);

// Bytes an hour by least squares; none for fewer than two points, or when they
// span less than `least`.
struct MemoryPoint {
  double seconds = 0;
  double bytes = 0;
};
std::optional<double> GrowthPerHour(const std::vector<MemoryPoint>& points,
                                    std::chrono::seconds least);

}  // namespace benchkeep::ops
