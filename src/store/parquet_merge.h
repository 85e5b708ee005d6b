// Merging increments into a new version of a Parquet results file.
//
//   1. Unite the schemas from the footers; files in conflict are rejected.
//   2. Make the increments the table `fresh`: a view where they are few, else
//      loaded batch by batch.
//   3. Scan the keys only, of the results and of `fresh`: KeepLast says which
//      rows are superseded.  When the results are known, or turn out, to hold
//      every key once, only those rows of theirs take part whose key is in
//      `fresh`.
//   4. Write.  Row groups of the results without superseded rows are taken over
//      byte by byte; the others have them cut out (store/chunk_cut.h); what is
//      left of `fresh` becomes new row groups at the end.
//   5. Read the new file back: rows and keys must be what the balance says, and
//      what was cut what it was (store/cut_check.h).
//
// Nothing is ever sorted or windowed as a whole; memory is bounded by the
// engine's limit and the key budget.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/database.h"
#include "store/keep_last.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/schema_union.h"
#include "store/store.h"

namespace benchkeep::store {

struct MergeInput {
  const Store* store = nullptr;
  engine::Connection* connection = nullptr;
  const ParquetSource* base = nullptr;  // The results; nullptr: none yet.
  const std::vector<IncrementFile>* increments = nullptr;
  fs::Path staging;
  fs::Path spill;  // An existing folder of ours.
  std::uint64_t key_memory_bytes = 0;
  int threads = 1;
  Rehearse rehearse = Rehearse::kNo;
  // Read all of the increments before anything else, and reject those that
  // cannot be read.
  bool load = false;
  // Rows and keys of a version known to hold every key once.
  std::optional<RowCount> known_unique;
};

// Without `load`, an error that blames a file may be about an increment: try
// again with it, on a new connection.
Result<MergeOutcome> MergeParquet(const MergeInput& input, Progress& progress);

}  // namespace benchkeep::store
