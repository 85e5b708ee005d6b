// Reading rows and statistics out of Parquet sources.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/store.h"

namespace benchkeep::store {

// The time column of the campaign's own summary files.
inline constexpr std::string_view kSummaryTime = "last_updated";

// A scan of `sql`, a query of ours with columns named `names`.  The scan owns
// the engine and keeps `held` open.
Result<std::unique_ptr<RowScan>> MakeScan(engine::Database database,
                                          engine::Connection connection,
                                          const std::string& sql,
                                          std::vector<std::string> names,
                                          std::vector<ParquetSource> held);

// The same for SQL written by a person: one statement that only reads.
Result<std::unique_ptr<RowScan>> MakeQueryScan(engine::Database database,
                                               engine::Connection connection,
                                               const std::string& sql,
                                               std::vector<ParquetSource> held);

// Counts from the footer; success rates from the success and model columns.
Result<ResultsStatistics> ReadStatistics(
    const Store& store, const ParquetSource& source,
    const std::function<Result<engine::Database>()>& open_engine);

}  // namespace benchkeep::store
