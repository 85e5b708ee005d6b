// Results made of rows in memory.

#include "support/fake_results.h"

#include <algorithm>
#include <utility>

namespace benchkeep::testing {
namespace {

using store::Cell;

class FakeScan final : public store::RowScan {
 public:
  FakeScan(std::vector<std::string> columns,
           std::vector<std::vector<Cell>> rows, std::size_t repeat,
           std::optional<std::size_t> fail_after)
      : columns_(std::move(columns)),
        rows_(std::move(rows)),
        total_(rows_.size() * repeat),
        fail_after_(fail_after) {}

  [[nodiscard]] const std::vector<std::string>& columns() const override {
    return columns_;
  }
  [[nodiscard]] std::vector<std::string> types() const override {
    return std::vector<std::string>(columns_.size(), "FAKE");
  }
  Result<const std::vector<Cell>*> Next() override {
    if (fail_after_ && next_ == *fail_after_) {
      return Fail(Code::kIo, Say(N_("the disk is gone")));
    }
    if (next_ == total_) return nullptr;
    return &rows_[next_++ % rows_.size()];
  }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<Cell>> rows_;
  std::size_t total_;
  std::optional<std::size_t> fail_after_;
  std::size_t next_ = 0;
};

Unexpected NotFaked() {
  return Fail(Code::kInternal, Say(N_("the fake does not do that")));
}

}  // namespace

Cell Null() { return {}; }
Cell Bool(bool value) {
  Cell cell;
  cell.kind = Cell::Kind::kBool;
  cell.boolean = value;
  return cell;
}
Cell Int(std::int64_t value) {
  Cell cell;
  cell.kind = Cell::Kind::kInt;
  cell.integer = value;
  return cell;
}
Cell Uint(std::uint64_t value) {
  Cell cell;
  cell.kind = Cell::Kind::kUint;
  cell.unsigned_integer = value;
  return cell;
}
Cell Real(double value) {
  Cell cell;
  cell.kind = Cell::Kind::kDouble;
  cell.real = value;
  return cell;
}
Cell Single(float value) {
  Cell cell = Real(static_cast<double>(value));
  cell.single = true;
  return cell;
}
Cell Text(std::string_view value) {
  Cell cell;
  cell.kind = Cell::Kind::kText;
  cell.text = value;
  return cell;
}

Result<store::ResultsStatistics> FakeResults::Statistics() {
  return NotFaked();
}

Result<std::vector<store::TestGroup>> FakeResults::Groups(
    const std::vector<std::string>& columns, std::size_t /*most*/) {
  store::TestGroup all;
  all.values.resize(columns.size());
  all.total_tests = rows_.size();
  return std::vector<store::TestGroup>{all};
}

Result<store::MergeOutcome> FakeResults::Merge(
    const std::vector<store::IncrementFile>& /*increments*/,
    const fs::Path& /*staging*/, store::Rehearse /*rehearse*/,
    Progress& /*progress*/) {
  return NotFaked();
}

Result<store::MergeOutcome> FakeResults::Deduplicate(
    const fs::Path& /*staging*/, store::Rehearse /*rehearse*/,
    Progress& /*progress*/) {
  return NotFaked();
}

Result<std::unique_ptr<store::RowScan>> FakeResults::Scan(
    const store::RowFilter& filter) {
  filter_ = filter;
  if (filter.columns.empty()) return Query("");
  std::vector<std::size_t> chosen;
  for (const std::string& name : filter.columns) {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found == columns_.end()) return NotFaked();
    chosen.push_back(static_cast<std::size_t>(found - columns_.begin()));
  }
  std::vector<Row> rows;
  for (const Row& row : rows_) {
    Row& kept = rows.emplace_back();
    for (const std::size_t i : chosen) kept.push_back(row[i]);
  }
  return std::make_unique<FakeScan>(filter.columns, std::move(rows), repeat_,
                                    fail_after_);
}

Result<std::uint64_t> FakeResults::WriteTo(const store::RowFilter& filter,
                                           store::BulkFormat /*format*/,
                                           const fs::Path& target,
                                           Progress& /*progress*/) {
  filter_ = filter;
  BENCHKEEP_ASSIGN(const std::unique_ptr<fs::WritableFile> file,
                   file_system_->Create(target, 0644));
  BENCHKEEP_TRY(file->Append("rows: " + std::to_string(rows_.size())));
  BENCHKEEP_TRY(file->Close());
  return rows_.size();
}

Result<std::unique_ptr<store::RowScan>> FakeResults::Query(
    const std::string& sql) {
  sql_ = sql;
  return std::make_unique<FakeScan>(columns_, rows_, repeat_, fail_after_);
}

}  // namespace benchkeep::testing
