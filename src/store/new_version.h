// Writing a new version of a Parquet file: the one seam where rows become
// bytes.
//
// A version is put together from row groups: those of the old version that did
// not change are copied byte by byte, those that lose rows have them cut out of
// their pages (store/chunk_cut.h), and new ones come from pieces that the
// engine writes.  The engine also rewrites what cannot be cut.  Where the old
// version cannot stand beside what the engine writes (another schema, required
// columns, lists), all of it is rewritten.

#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "engine/database.h"
#include "store/cut_check.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/schema_union.h"

namespace benchkeep::store {

struct NewVersion {
  engine::Connection* connection = nullptr;
  fs::FileSystem* file_system = nullptr;
  const ParquetSource* base = nullptr;  // May be nullptr.
  const std::vector<std::string>* base_types = nullptr;
  const SchemaUnion* schema = nullptr;
  fs::Path staging;
  fs::Path target;  // In the staging folder; empty: "results.parquet" there.

  // Row groups of the base with rows for which `lost_base(place)` is true.
  std::vector<bool> dirty;
  const engine::PlaceSet* lost = nullptr;  // What `lost_base` asks.
  // A query for the rows to append, with columns c0, c1, ...; empty: none.
  std::string appended;
  // True when nothing of the base is taken over: `appended` is all.
  bool only_appended = false;
  int threads = 1;
};

// Rows [begin, end) of a file.
struct RowRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Rows that a row group had, and those of them that stayed.
struct CutRange {
  CutPair groups;
  RowRange before;  // In the base.
  RowRange after;   // In the new version.
};

struct WrittenVersion {
  fs::Path path;
  std::vector<CutRange> cut;
  std::vector<RowRange> encoded;  // Rows that the engine wrote.
  std::uint64_t row_groups_copied = 0;
  std::uint64_t row_groups_cut = 0;
  std::uint64_t row_groups_written = 0;  // By the engine.
};

// Leaves one file in the staging folder.  It is not synced yet: the disk writes
// it while it is read back.
Result<WrittenVersion> WriteNewVersion(const NewVersion& version,
                                       Progress& progress);

}  // namespace benchkeep::store
