// How fast results arrive: tests by minute and model, lately.

#pragma once

#include <functional>
#include <vector>

#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/store.h"

namespace benchkeep::store {

// See Results::Pace.  `base` may be null; `open_engine` opens a sandbox that
// may read the files it is given besides the results.
Result<PaceAnswer> ReadPace(
    const Store& store, const ParquetSource* base, const PaceQuestion& question,
    const std::function<Result<engine::Database>(std::vector<fs::Path>)>&
        open_engine);

}  // namespace benchkeep::store
