// Giving memory back: our own heap, page cache that the store's files hold, and
// page cache of our control group.
//
// Nothing is written, and nobody's results are touched: what is dropped is on
// the disk as well.  What came of it is measured, not promised.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "host/machine.h"
#include "store/store.h"

namespace benchkeep::ops {

// What the files of the store hold in the page cache.
struct CachePart {
  std::string name;  // results, increments, master, logs, backups, other
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
struct StoreCache {
  std::vector<CachePart> parts;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t unknown_files = 0;  // The kernel does not say.
  bool complete = true;             // False: too many files to look at all.
};
StoreCache ReadStoreCache(const store::Store& store, Progress& progress);

// Less than `free_percent` is free, of the machine or of a control group, or
// tasks wait for memory.
bool MemoryIsShort(const host::MemoryState& state,
                   const std::optional<host::Pressure>& pressure,
                   std::int64_t free_percent);

struct ReleaseOptions {
  bool rehearse = false;
  bool only_if_short = false;
  host::Machine machine = host::Machine();
};

struct ReleaseStep {
  enum class State {
    kDone,     // Tried; `before` and `after` say what came of it.
    kPlanned,  // A rehearsal; `after` is what would be left at best.
    kNothing,  // There was nothing to give.
    kNotHere,  // This machine does not let us.
  };
  std::string name;  // heap, page_cache, control_group
  State state = State::kNothing;
  std::uint64_t before_bytes = 0;
  std::uint64_t after_bytes = 0;

  [[nodiscard]] std::uint64_t freed_bytes() const {
    return before_bytes > after_bytes ? before_bytes - after_bytes : 0;
  }
};
const char* ReleaseStateName(ReleaseStep::State state);

struct ReleaseReport {
  bool rehearsal = false;
  bool needed = true;  // False: memory is not short, and that was asked for.
  std::vector<ReleaseStep> steps;
  std::uint64_t freed_bytes = 0;
  // Of the machine.
  std::optional<std::uint64_t> available_before;
  std::optional<std::uint64_t> available_after;
};

ReleaseReport ReleaseMemory(const store::Store& store,
                            const ReleaseOptions& options, Progress& progress);

}  // namespace benchkeep::ops
