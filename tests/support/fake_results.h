// Results made of rows in memory, for tests of what reads them.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fs/file_system.h"
#include "store/results.h"

namespace benchkeep::testing {

// Builders of cells.  Text must outlive the cell: literals.
store::Cell Null();
store::Cell Bool(bool value);
store::Cell Int(std::int64_t value);
store::Cell Uint(std::uint64_t value);
store::Cell Real(double value);
store::Cell Single(float value);
store::Cell Text(std::string_view value);

class FakeResults final : public store::Results {
 public:
  using Row = std::vector<store::Cell>;

  // `file_system`, when given, is where WriteTo writes.
  explicit FakeResults(std::vector<std::string> columns,
                       std::vector<Row> rows = {},
                       fs::FileSystem* file_system = nullptr)
      : columns_(std::move(columns)),
        rows_(std::move(rows)),
        file_system_(file_system) {}

  // Reading fails with kIo once that many rows were read.
  void FailAfter(std::size_t rows) { fail_after_ = rows; }
  // Rows are read over and over again, that many times.
  void Repeat(std::size_t times) { repeat_ = times; }

  [[nodiscard]] const store::RowFilter& last_filter() const { return filter_; }
  [[nodiscard]] const std::string& last_sql() const { return sql_; }

  Result<store::ResultsStatistics> Statistics() override;
  // One group of all rows, and no times.
  Result<std::vector<store::TestGroup>> Groups(
      const std::vector<std::string>& columns, std::size_t most) override;
  Result<store::Timeline> OverTime(std::size_t /*slots*/) override {
    return store::Timeline{};
  }
  Result<store::PaceAnswer> Pace(
      const store::PaceQuestion& /*question*/) override {
    return store::PaceAnswer{};
  }
  Result<store::CountAnswer> Count(
      const store::CountRequest& /*request*/) override {
    return store::CountAnswer{};
  }
  Result<store::MergeOutcome> Merge(
      const std::vector<store::IncrementFile>& increments,
      const fs::Path& staging, store::Rehearse rehearse,
      Progress& progress) override;
  Result<store::MergeOutcome> Deduplicate(const fs::Path& staging,
                                          store::Rehearse rehearse,
                                          Progress& progress) override;
  [[nodiscard]] Status StillUnchanged() const override { return {}; }
  // Only the choice of columns is obeyed.
  Result<std::unique_ptr<store::RowScan>> Scan(
      const store::RowFilter& filter) override;
  // Writes "rows: N".
  Result<std::uint64_t> WriteTo(const store::RowFilter& filter,
                                store::BulkFormat format,
                                const fs::Path& target,
                                Progress& progress) override;
  // All rows, whatever was asked.
  Result<std::unique_ptr<store::RowScan>> Query(
      const std::string& sql) override;

 private:
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
  fs::FileSystem* file_system_;
  std::optional<std::size_t> fail_after_;
  std::size_t repeat_ = 1;
  store::RowFilter filter_;
  std::string sql_;
};

}  // namespace benchkeep::testing
