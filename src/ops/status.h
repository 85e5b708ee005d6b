// Status: what is in the store right now, on one screen.
//
// Only looks: takes no lock, changes nothing.  A part that could not be read is
// absent and named in the findings, never counted as zero.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/finding.h"
#include "base/result.h"
#include "store/master_database.h"
#include "store/results.h"
#include "store/store.h"

namespace benchkeep::ops {

struct IncrementStatistics {
  std::uint64_t files = 0;  // Files with the name of an increment.
  std::uint64_t rows = 0;   // In those whose footer is complete.
  std::uint64_t bytes = 0;
  std::uint64_t unreadable = 0;  // No complete footer (yet).
  std::optional<std::int64_t> oldest_age_seconds;
};

struct QuarantineStatistics {
  std::uint64_t files = 0;  // Without the notes beside them.
};

struct StatusReport {
  std::optional<store::ResultsStatistics> results;
  std::optional<store::MasterStatistics> master;
  std::optional<IncrementStatistics> increments;
  std::optional<QuarantineStatistics> quarantine;  // None: could not tell.
  Findings findings;
};

struct StatusOptions {
  std::uint64_t memory_bytes = 0;
};

Result<StatusReport> ReadStatus(const store::Store& store,
                                const StatusOptions& options);

}  // namespace benchkeep::ops
