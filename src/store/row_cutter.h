// Takes superseded rows out of the row groups of the results, several at a
// time, into a Parquet file of their own.

#pragma once

#include <optional>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "engine/database.h"
#include "fs/file_system.h"
#include "store/parquet_source.h"

namespace benchkeep::store {

struct RowCut {
  const ParquetSource* base = nullptr;
  const engine::PlaceSet* lost = nullptr;  // Rows of the base to leave out.
  std::vector<bool> groups;                // The row groups in question.
  int threads = 1;
};

struct CutRows {
  // Per row group of the base: its place in the new file.  Nullopt: it could
  // not be cut, was not asked for, or nothing of it is left (see `empty`).
  std::vector<std::optional<std::size_t>> places;
  std::vector<bool> empty;
};

// Writes `target`; not synced, since it is only a source of the new version.
Result<CutRows> CutRowGroups(const RowCut& cut, fs::FileSystem& file_system,
                             const fs::Path& target);

}  // namespace benchkeep::store
