// Reading every page of a Parquet file, to know that it can be read.

#pragma once

#include <cstdint>

#include "base/result.h"
#include "store/parquet_results.h"

namespace benchkeep::store {

// Decodes all columns of all rows and returns the number of rows.  kCorruption
// when a page cannot be decoded or rows are missing; kBusy while it is being
// written.
Result<std::uint64_t> DecodeParquet(const fs::Path& path,
                                    const ResultsOptions& options);

}  // namespace benchkeep::store
