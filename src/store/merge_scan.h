// The keys of everything that takes part in a merge, in one KeepLast.
//
// Reads them from the pages of increments and results (store/key_scan.h); then
// the engine need not load the increments at all.  Where that cannot be done
// (many increments, keys of several columns, pages that are not understood, a
// file that turns out to be bad) it loads them and tells their keys.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/progress.h"
#include "store/fresh_table.h"
#include "store/keep_last.h"
#include "store/key_filter.h"
#include "store/merge_keys.h"
#include "store/parquet_merge.h"
#include "store/schema_union.h"
#include "store/unique_keys.h"

namespace benchkeep::store {

class MergeScan {
 public:
  // All of these must outlive it; `fresh` was planned, and is shown or loaded
  // by Run().
  MergeScan(const MergeInput& input, const SchemaUnion& schema,
            const std::vector<std::string>& base_types, FreshTable& fresh,
            Progress& progress);

  Status Run();

  // What Run() found.
  [[nodiscard]] const RowCount& before() const { return before_; }
  [[nodiscard]] const RowCount& seen() const { return seen_; }
  [[nodiscard]] const std::vector<RowCount>& per_file() const {
    return per_file_;
  }
  // By row group of the results; empty: the engine read their keys.
  [[nodiscard]] const std::vector<RowCount>& base_groups() const {
    return base_groups_;
  }
  [[nodiscard]] MergeKeys::Limits limits() const;

  // Judges the rows by their places; see KeepLast::Finish.
  Status Finish(const KeepLast::Callback& callback);

 private:
  [[nodiscard]] std::uint64_t RankOfFresh(std::uint64_t place) const;
  [[nodiscard]] KeyedRow ByPlace(const KeyedRow& ranked) const;

  [[nodiscard]] bool FilterHelps() const;
  // With a filter, those keys of the results take part that are in increments,
  // and it must turn out that no other one is there twice.
  void Start(bool use_filter);
  Status TakeFresh(std::span<const RowKey> rows);
  Status TakeBase(std::span<const RowKey> rows);
  // Without loading anything.  False: it cannot be done so.
  Result<bool> ScanUnloaded();
  Result<bool> ScanWaiting();
  Result<bool> ScanBasePages();
  Status ScanLoaded(bool use_filter);

  const MergeInput& in_;
  FreshTable& fresh_;
  Progress& progress_;
  MergeKeys keys_;
  std::uint64_t base_rows_;
  std::uint64_t rank_shift_ = 0;  // 0: no file yields.
  bool scan_pages_ = true;        // Until that was not possible.
  std::optional<KeyFilter> filter_;
  std::optional<UniqueKeys> base_keys_;
  std::optional<KeepLast> keep_last_;
  RowCount before_;
  RowCount seen_;
  std::vector<RowCount> per_file_;
  std::vector<RowCount> base_groups_;
};

}  // namespace benchkeep::store
