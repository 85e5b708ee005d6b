// COPY to Parquet without losing the sign of zero.
//
// DuckDB's dictionaries take -0.0 and 0.0 for one value, so a column that holds
// both comes back with one of them.  Columns in doubt are watched while they
// are written; when a -0.0 passes, the file is written again without
// dictionaries.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/database.h"
#include "fs/file_system.h"

namespace benchkeep::store {

// The option of COPY that goes without dictionaries.
inline constexpr const char* kWithoutDictionaries = ", DICTIONARY_SIZE_LIMIT 0";

// Writes the rows of `query`, whose columns are `columns`, to `target`.
// `doubtful`, parallel to them, marks floating-point columns that may hold
// -0.0. `codec` is DuckDB's name of a compression.
Status CopyToParquet(engine::Connection& connection,
                     fs::FileSystem& file_system, const std::string& query,
                     const std::vector<std::string>& columns,
                     const std::vector<bool>& doubtful, const fs::Path& target,
                     const std::string& codec);

}  // namespace benchkeep::store
