// Clean: remove what nobody needs any more, and say what is left.
//
// Four things go: changes whose time to be undone has passed, temporary files
// of runs that died, and increments that are proven to be merged (those go to
// the trash).  The quarantine and names that benchkeep does not know are
// reported and never touched.  After any error nothing more is removed in that
// run.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::ops {

struct CleanOptions {
  bool purge_trash = false;  // Also what could still be undone.
  std::uint64_t memory_bytes = 0;
};

struct CleanItem {
  enum class Kind {
    kChange,      // trash/<id>: what undo needs.
    kTemporary,   // Left by a run that died.
    kIncrement,   // Its rows are in the results.
    kQuarantine,  // quarantine/<id>: reported only.
    kUnknown,     // Reported only.
  };
  enum class Fate { kGoes, kStays, kGone };
  Kind kind = Kind::kUnknown;
  Fate fate = Fate::kStays;
  std::string path;  // Below the root.
  std::uint64_t bytes = 0;
  std::int64_t age_seconds = 0;
  Message why;  // It goes, or stays.
};

struct CleanReport {
  bool dry_run = false;  // It is a plan.
  std::vector<CleanItem> items;
  std::uint64_t removed = 0;      // Items that are gone, or would go.
  std::uint64_t kept = 0;         // All others.
  std::uint64_t bytes_freed = 0;  // Of those that are gone from the disk.
  std::string txn;                // Of increments that went to the trash.
  Findings findings;
};

// Looks only.
Result<CleanReport> PlanClean(const store::Store& store,
                              const CleanOptions& options, Progress& progress);

// Does what the plan says, each step after another look.  Trash goes first:
// the rest may need the room.  The store lock is held.
Result<CleanReport> Clean(const store::Store& store,
                          const store::StoreLock& lock, const CleanReport& plan,
                          const CleanOptions& options, Progress& progress);

}  // namespace benchkeep::ops
