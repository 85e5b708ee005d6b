// A person's read-only SQL over the tables results, increments and cells.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "ops/export.h"
#include "store/parquet_results.h"
#include "store/results.h"
#include "store/scratch_folder.h"
#include "store/store.h"

namespace benchkeep::ops {

// What a query can see, for as long as the object lives.
class QueryTables {
 public:
  QueryTables(std::optional<store::ScratchFolder> scratch,
              std::unique_ptr<store::ParquetResults> results)
      : scratch_(std::move(scratch)), results_(std::move(results)) {}
  [[nodiscard]] store::Results& results() const { return *results_; }

 private:
  std::optional<store::ScratchFolder> scratch_;  // Holds the table of cells.
  std::unique_ptr<store::ParquetResults> results_;
};

// Opens the results and, when `sql` speaks of cells, makes a table of the
// leaves of the master database; when it speaks of nothing else the results are
// left alone.  kCorruption when something that it speaks of cannot be read.
Result<std::unique_ptr<QueryTables>> OpenQueryTables(
    const store::Store& store, const std::string& sql,
    const store::ResultsOptions& options, Progress& progress);

struct QueryOptions {
  std::string sql;
  std::uint64_t limit = 0;  // Rows kept for a table; 0: all.
};

struct QueryColumn {
  std::string name;
  std::string type;  // As the query engine calls it: "BIGINT".
};

// A value that outlives its row.
struct QueryValue {
  store::Cell::Kind kind = store::Cell::Kind::kNull;
  std::string text;  // As in a CSV export; integers may be of any size.
};

struct QueryReport {
  std::vector<QueryColumn> columns;
  std::vector<std::vector<QueryValue>> rows;
  bool cut = false;  // There are more rows than the limit.
};

Result<QueryReport> RunQuery(store::Results& results,
                             const QueryOptions& options, Progress& progress);

// Writes the rows to `sink` as they come, in a text format.  Returns their
// number.
Result<std::uint64_t> StreamQuery(store::Results& results,
                                  const std::string& sql, ExportFormat format,
                                  ByteSink& sink, Progress& progress);

}  // namespace benchkeep::ops
