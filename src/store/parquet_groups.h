// Tests of a Parquet source by columns and by time.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/store.h"

namespace benchkeep::store {

using EngineOpener = std::function<Result<engine::Database>()>;

// See Results::Groups.
Result<std::vector<TestGroup>> ReadGroups(
    const Store& store, const ParquetSource& source,
    const std::vector<std::string>& columns, std::size_t most,
    const EngineOpener& open_engine);

// See Results::OverTime.
Result<Timeline> ReadTimeline(const Store& store, const ParquetSource& source,
                              std::size_t slots,
                              const EngineOpener& open_engine);

}  // namespace benchkeep::store
