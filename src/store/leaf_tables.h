// The leaves of a master database as rows of results, in either shape.

#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "store/master_database.h"
#include "store/table_writer.h"

namespace benchkeep::store {

// Columns of shape `summary` that are no statistics of the leaf.
inline constexpr const char* kRateTextColumn = "tool_success_rate_text";
inline constexpr const char* kTimeColumn = "timestamp";
inline constexpr const char* kOtherColumn = "other_statistics";

// Writes one row per test.  The columns are those of the campaign's own
// converter, and those of old instances where the document has them.  Ids are
// "{cell}_{outcome}_{i}", the same each time; leaves of one cell are numbered
// on, so that no id occurs twice.  What is unknown is null.
Result<std::uint64_t> WriteRecords(const MasterDatabase& master,
                                   fs::FileSystem& file_system,
                                   const TableOptions& options,
                                   Progress& progress);

// Writes one row per leaf, with every statistic.  A statistic becomes a column
// when its values are numbers, truths or texts; what suits no column (nested
// values, explicit nulls, names that differ in case) is kept as one JSON object
// in kOtherColumn.  A rate whose text is not what Python prints for its number
// is kept in kRateTextColumn.  kCorruption when two leaves are the same cell.
Result<std::uint64_t> WriteSummary(const MasterDatabase& master,
                                   fs::FileSystem& file_system,
                                   const TableOptions& options,
                                   Progress& progress);

// What CountTable must find in the file written, counted from the leaves.
TableCount ExpectedCount(const MasterDatabase& master, Shape shape);

}  // namespace benchkeep::store
