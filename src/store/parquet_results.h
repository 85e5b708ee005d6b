// The results as one Parquet file with increments: store::Results by DuckDB.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/database.h"
#include "store/parquet_source.h"
#include "store/results.h"
#include "store/scratch_folder.h"
#include "store/store.h"

namespace benchkeep::store {

struct ResultsOptions {
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  int threads = 2;
  // As if there were no results file: for queries of other tables, which one
  // that is damaged or being written must not stop.
  bool other_tables_only = false;
};

// A way to see the leaves of the master database as the table `cells` of a
// query: a Parquet or JSON-lines file of ours.  See ops/query.
struct ExtraTable {
  std::string name;
  fs::Path parquet;
};

class ParquetResults final : public Results {
 public:
  // Opens the results file, if there is one, and holds its read lease for as
  // long as the object lives: one version is seen throughout.  kBusy while
  // somebody is writing it, kCorruption when it is no whole Parquet file.
  static Result<std::unique_ptr<ParquetResults>> Open(
      const Store& store, const ResultsOptions& options);

  // Tables for Query besides `results` and `increments`.
  void AddTable(ExtraTable table) { extra_.push_back(std::move(table)); }

  Result<ResultsStatistics> Statistics() override;
  Result<std::vector<TestGroup>> Groups(const std::vector<std::string>& columns,
                                        std::size_t most) override;
  Result<Timeline> OverTime(std::size_t slots) override;
  Result<PaceAnswer> Pace(const PaceQuestion& question) override;
  Result<MergeOutcome> Merge(const std::vector<IncrementFile>& increments,
                             const fs::Path& staging, Rehearse rehearse,
                             Progress& progress) override;
  Result<MergeOutcome> Deduplicate(const fs::Path& staging, Rehearse rehearse,
                                   Progress& progress) override;
  Status StillUnchanged() const override;
  Result<std::unique_ptr<RowScan>> Scan(const RowFilter& filter) override;
  Result<std::uint64_t> WriteTo(const RowFilter& filter, BulkFormat format,
                                const fs::Path& target,
                                Progress& progress) override;
  Result<std::unique_ptr<RowScan>> Query(const std::string& sql) override;
  Result<CountAnswer> Count(const CountRequest& request) override;

 private:
  ParquetResults(const Store& store, const ResultsOptions& options)
      : store_(&store), options_(options) {}

  // The engine opens the file that is held by its descriptor, but judges the
  // path behind it: a commit of somebody else may have moved it meanwhile.
  void AllowTheResults(engine::Options& options) const;
  // A sandbox that may read `readable` and the results, wherever they are put
  // meanwhile.  The folders where that may be are no place to write, either:
  // SQL of users goes through QueryReadOnly().
  Result<engine::Database> OpenEngine(std::vector<fs::Path> readable);
  Result<const ParquetSource*> Base() const;
  Result<std::string> FilterQuery(const RowFilter& filter,
                                  std::vector<std::string>& names) const;
  // `load`: see MergeInput.
  Result<MergeOutcome> MergeOnce(const std::vector<IncrementFile>& increments,
                                 const fs::Path& staging, Rehearse rehearse,
                                 bool load, Progress& progress);
  std::optional<RowCount> KnownUnique() const;
  Status NoMaster() const;  // The error that there is none.

  const Store* store_;
  ResultsOptions options_;
  std::unique_ptr<ScratchFolder> scratch_;  // Of queries; made when needed.
  std::optional<ParquetSource> base_;
  std::vector<ExtraTable> extra_;
};

}  // namespace benchkeep::store
