// Proves that rows were cut out of a row group right: every row that stays has
// the value it had, in every column.
//
// Both versions are read from their files and compared value by value; nothing
// of the cutting (store/chunk_cut.h, CutRuns) is used again.  Pages that lost
// nothing must be equal byte by byte.  The keys of the rows that are gone are
// added up, so that the balance of the merge tells whether it was those.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/progress.h"
#include "base/result.h"
#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/results.h"

namespace benchkeep::store {

// A row group before and after it was cut.
struct CutPair {
  std::size_t before = 0;       // Its index in the old file.
  std::size_t after = 0;        // In the new one.
  std::uint64_t first_row = 0;  // Of the old row group, in its file.
};

struct CutCheck {
  const ParquetSource* before = nullptr;
  const ParquetSource* after = nullptr;
  const engine::PlaceSet* lost = nullptr;  // Rows of `before` that were cut.
  std::optional<std::size_t> key;  // The column of the keys: one of texts.
  int threads = 1;
  Progress* progress = nullptr;  // Advanced by rows of `before`.
};

// The rows that are gone, with the sum of their keys when the key is known.
// kInternal, naming the column, when one of `pairs` is not what it must be.
Result<RowCount> CheckCut(const CutCheck& check,
                          std::span<const CutPair> pairs);

}  // namespace benchkeep::store
