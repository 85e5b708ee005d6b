// Increments that lie in their folder although their rows are in the results.
//
// Consolidate moves what it merges, so there are few: a writer may have written
// the same bytes again, or somebody copied old increments back.  An increment
// counts as merged only when
//   - its bytes are those of an increment that a consolidate, which still
//     stands, has merged (SHA-256),
//   - nothing but merges changed the results since, and they are as the last of
//     those left them,
//   - merging it now would add no key.
// What is not proven waits for the next consolidate.

#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "store/store.h"

namespace benchkeep::ops {

struct MergedIncrement {
  std::string name;
  fs::FileInfo info;
  std::string sha256;
  std::string merged_by;  // The id of the consolidate.
};

// By name.  Changes nothing.
Result<std::vector<MergedIncrement>> FindMergedIncrements(
    const store::Store& store, std::uint64_t memory_bytes, Progress& progress);

}  // namespace benchkeep::ops
