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

// Whether the numbers look like numbers of their types.  False when most of a
// column are what an integer looks like to who takes it for a floating-point
// number of its width (denormals), or the other way round: pages say how wide
// their values are, not what they mean.
Result<bool> NumbersLookRight(const fs::Path& path,
                              const ResultsOptions& options);

}  // namespace benchkeep::store
