// Merging increments into a new version of a Parquet results file.

#include "store/parquet_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>
#include <numeric>

#include "store/accumulate.h"
#include "store/fresh_table.h"
#include "store/merge_scan.h"
#include "store/new_version.h"
#include "store/read_back.h"

namespace benchkeep::store {
namespace {

std::string JoinKey(const std::vector<std::string>& expressions) {
  return fmt::format("concat_ws('/', {})", fmt::join(expressions, ", "));
}

class Merger {
 public:
  Merger(const MergeInput& input, Progress& progress)
      : in_(input),
        progress_(progress),
        schema_(input.store->settings(),
                [this](std::size_t index, const std::string& type) {
                  return BaseFits(index, type);
                }) {}

  Result<MergeOutcome> Run() {
    if (in_.base != nullptr) {
      BENCHKEEP_ASSIGN(base_types_, ColumnTypes(*in_.connection, *in_.base));
      const Result<std::vector<std::size_t>> added =
          schema_.Add(in_.base->footer(), base_types_);
      if (!added.ok()) return Unexpected(Explain(added.error()));
      base_rows_ = in_.base->footer().rows();
      out_.base = in_.base->info();
    }
    FreshTable fresh(*in_.connection, schema_, base_rows_);
    BENCHKEEP_TRY(fresh.Plan(*in_.increments, progress_));
    fresh_ = &fresh;
    out_.rejected = fresh.rejected();
    out_.per_file.resize(in_.increments->size());
    out_.per_file_superseded.resize(in_.increments->size());
    if (schema_.columns().empty()) return std::move(out_);
    out_.shape = schema_.shape();
    MergeScan scan(in_, schema_, base_types_, fresh, progress_);
    scan_ = &scan;
    BENCHKEEP_TRY(scan.Run());
    out_.rejected = fresh.rejected();
    out_.before = scan.before();
    out_.seen = scan.seen();
    out_.per_file = scan.per_file();
    BENCHKEEP_TRY(Prepare());
    BENCHKEEP_TRY(FindSuperseded());
    Balance();
    if (out_.superseded.rows > 0 || fresh.rows() > 0) {
      if (in_.rehearse == Rehearse::kNo) {
        BENCHKEEP_TRY(Write());
        // The disk writes what is being read back.
        std::future<Status> synced = std::async(std::launch::async, [this] {
          return in_.store->file_system().SyncFile(*out_.staged);
        });
        BENCHKEEP_TRY(ReadBack(WhatItMustBe(), progress_));
        BENCHKEEP_TRY(synced.get());
      }
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool accumulate() const {
    return schema_.shape() == Shape::kSummary && fresh_->rows() > 0 &&
           in_.store->settings().summary_mode == SummaryMode::kAccumulate;
  }

  static Error Explain(Error error) {
    error.fix = Say(N_("set the key columns in benchkeep.toml, [store] key"));
    return error;
  }

  Result<bool> BaseFits(std::size_t index, const std::string& type) {
    BENCHKEEP_ASSIGN(
        const std::int64_t lossy,
        in_.connection->QueryInt(fmt::format(
            "SELECT count(*) FROM {} WHERE {}", in_.base->From(),
            LossyCondition(ColumnSlot(index), base_types_[index], type))));
    return lossy == 0;
  }

  Status Prepare() {
    lost_base_.emplace(0, base_rows_);
    lost_fresh_.emplace(base_rows_, fresh_->rows());
    BENCHKEEP_TRY(in_.connection->DefineSet("lost_base", *lost_base_));
    BENCHKEEP_TRY(in_.connection->DefineSet("lost_fresh", *lost_fresh_));
    for (std::size_t i = 0; i < schema_.columns().size(); ++i) {
      const std::string& name = schema_.columns()[i].name;
      if (in_.base != nullptr && i >= base_types_.size()) {
        out_.columns_added.push_back(name);
      }
    }
    if (in_.base != nullptr) {
      std::uint64_t row = 0;
      for (const ParquetRowGroup& group : in_.base->footer().row_groups()) {
        group_starts_.push_back(row);
        row += group.rows;
      }
    }
    dirty_.resize(group_starts_.size());
    return {};
  }

  Status FindSuperseded() {
    progress_.Stage(Say(N_("finding superseded rows")), 0);
    std::uint64_t last_replacing = base_rows_;  // No such row yet.
    bool any_replacing = false;
    BENCHKEEP_TRY(scan_->Finish(
        [&](const KeyedRow& lost, const KeyedRow& last) -> Status {
          ++out_.superseded.rows;
          AddTo(out_.superseded.keys, lost.key);
          if (lost.outcome() != last.outcome()) NoteConflict(lost, last);
          if (lost.place() >= base_rows_) {
            lost_fresh_->Add(lost.place());
            ++out_.per_file_superseded[fresh_->FileAt(lost.place())];
            return {};
          }
          lost_base_->Add(lost.place());
          if (last.place() >= base_rows_ &&
              (!any_replacing || last.place() != last_replacing)) {
            any_replacing = true;
            last_replacing = last.place();
            ++out_.rows_replaced;
          }
          MarkDirty(lost.place());
          return {};
        }));
    return DescribeConflicts();
  }

  void MarkDirty(std::uint64_t row) {
    const auto after =
        std::upper_bound(group_starts_.begin(), group_starts_.end(), row);
    dirty_[static_cast<std::size_t>(after - group_starts_.begin()) - 1] = true;
  }

  void NoteConflict(const KeyedRow& lost, const KeyedRow& last) {
    ++out_.conflicting;
    conflicts_.emplace_back(lost.place(), last.place());
    std::push_heap(conflicts_.begin(), conflicts_.end());
    if (conflicts_.size() <= kMaxConflicts) return;
    std::pop_heap(conflicts_.begin(), conflicts_.end());
    conflicts_.pop_back();
  }

  // Keys and outcomes of the conflicts that were noted by place.
  Status DescribeConflicts() {
    if (conflicts_.empty()) return {};
    std::sort_heap(conflicts_.begin(), conflicts_.end());
    std::map<std::uint64_t, std::pair<std::string, std::string>> rows;
    for (const bool of_base : {true, false}) {
      std::vector<std::uint64_t> places;
      for (const auto& [lost, last] : conflicts_) {
        for (const std::uint64_t place : {lost, last}) {
          if ((place < base_rows_) == of_base) places.push_back(place);
        }
      }
      if (places.empty()) continue;
      BENCHKEEP_TRY(ReadConflictRows(of_base, places, rows));
    }
    for (const auto& [lost, last] : conflicts_) {
      out_.conflicts.push_back(
          {rows[lost].first, rows[lost].second, rows[last].second});
    }
    return {};
  }

  Status ReadConflictRows(
      bool of_base, const std::vector<std::uint64_t>& places,
      std::map<std::uint64_t, std::pair<std::string, std::string>>& rows) {
    std::vector<std::string> keys;
    for (const std::size_t place : schema_.Key()) {
      keys.push_back(fmt::format("CAST({} AS VARCHAR)", ColumnSlot(place)));
    }
    const int outcome = schema_.Find(in_.store->settings().success);
    const bool known =
        !of_base || static_cast<std::size_t>(outcome) < base_types_.size();
    const char* place = of_base ? "file_row_number" : "seq";
    BENCHKEEP_ASSIGN(
        engine::Rows result,
        in_.connection->Query(fmt::format(
            "SELECT {0}, {1}, CAST({2} AS VARCHAR) FROM {3} WHERE {0} <= {4} "
            "AND {0} IN ({5})",
            place, JoinKey(keys),
            known ? ColumnSlot(static_cast<std::size_t>(outcome)) : "NULL",
            of_base ? in_.base->From() : std::string("fresh"),
            *std::max_element(places.begin(), places.end()),
            fmt::join(places, ", "))));
    while (true) {
      BENCHKEEP_ASSIGN(const engine::Chunk chunk, result.Next());
      if (chunk.rows() == 0) return {};
      for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
        auto& row = rows[static_cast<std::uint64_t>(chunk.column(0).Int(i))];
        row.first = chunk.column(1).Text(i);
        row.second = chunk.column(2).IsNull(i)
                         ? "null"
                         : std::string(chunk.column(2).Text(i));
      }
    }
  }

  // What the new version must hold.
  void Balance() {
    out_.after = out_.before;
    out_.after += out_.seen;
    out_.after -= out_.superseded;
    out_.rows_added = fresh_->rows() - lost_fresh_->size() - out_.rows_replaced;
    out_.rows_removed = lost_base_->size() - out_.rows_replaced;
  }

  Status Write() {
    NewVersion version;
    version.connection = in_.connection;
    version.file_system = &in_.store->file_system();
    version.base = in_.base;
    version.base_types = &base_types_;
    version.schema = &schema_;
    version.staging = in_.staging;
    version.dirty = dirty_;
    version.lost = &*lost_base_;
    version.threads = in_.threads;
    if (accumulate()) {
      version.only_appended = true;
      BENCHKEEP_ASSIGN(version.appended,
                       AccumulatedCells(*in_.connection, in_.base, base_types_,
                                        schema_, in_.store->settings()));
    } else if (fresh_->rows() > lost_fresh_->size()) {
      std::string columns;
      for (std::size_t i = 0; i < schema_.columns().size(); ++i) {
        columns += (i == 0 ? "" : ", ") + ColumnSlot(i);
      }
      version.appended = fmt::format(
          "SELECT {} FROM fresh{}", columns,
          lost_fresh_->size() == 0 ? "" : " WHERE NOT lost_fresh(seq)");
    }
    BENCHKEEP_ASSIGN(written_, WriteNewVersion(version, progress_));
    out_.staged = written_.path;
    out_.row_groups_copied = written_.row_groups_copied;
    out_.row_groups_cut = written_.row_groups_cut;
    out_.row_groups_written = written_.row_groups_written;
    return {};
  }

  [[nodiscard]] NewVersionCheck WhatItMustBe() const {
    return {.connection = in_.connection,
            .schema = &schema_,
            .success = &in_.store->settings().success,
            .base = in_.base,
            .base_types = &base_types_,
            .base_groups = &scan_->base_groups(),
            .lost = &*lost_base_,
            .written = &written_,
            .expected = out_.after,
            .limits = scan_->limits()};
  }

  const MergeInput& in_;
  Progress& progress_;
  SchemaUnion schema_;
  MergeOutcome out_;
  std::vector<std::string> base_types_;
  std::uint64_t base_rows_ = 0;
  FreshTable* fresh_ = nullptr;
  MergeScan* scan_ = nullptr;
  std::optional<engine::PlaceSet> lost_base_;
  std::optional<engine::PlaceSet> lost_fresh_;
  std::vector<std::uint64_t> group_starts_;
  std::vector<bool> dirty_;
  WrittenVersion written_;
  // A heap, until they are described: the first ones stay.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> conflicts_;
};

}  // namespace

Result<MergeOutcome> MergeParquet(const MergeInput& input, Progress& progress) {
  return Merger(input, progress).Run();
}

}  // namespace benchkeep::store
