// Scanning the keys of a merge.

#include "store/merge_scan.h"

#include <algorithm>
#include <array>
#include <utility>

namespace benchkeep::store {
namespace {

// Of the key memory.
constexpr std::uint64_t kFilterShare = 4;
constexpr std::uint64_t kScanShare = 4;
constexpr std::uint64_t kUniqueShare = 2;

}  // namespace

MergeScan::MergeScan(const MergeInput& input, const SchemaUnion& schema,
                     const std::vector<std::string>& base_types,
                     FreshTable& fresh, Progress& progress)
    : in_(input),
      fresh_(fresh),
      progress_(progress),
      keys_(*input.connection, schema, base_types,
            input.store->settings().success, progress),
      base_rows_(input.base == nullptr ? 0 : input.base->footer().rows()) {}

Status MergeScan::Run() {
  scan_pages_ = in_.base == nullptr || keys_.MayScanPages(*in_.base, limits());
  BENCHKEEP_ASSIGN(const bool scanned, ScanUnloaded());
  if (!scanned) {
    BENCHKEEP_TRY(fresh_.Load(progress_));
    BENCHKEEP_TRY(ScanLoaded(FilterHelps()));
  }
  const bool unique = base_keys_ ? base_keys_->AllDiffer(in_.threads)
                                 : before_ == in_.known_unique;
  base_keys_.reset();
  return !filter_ || unique ? Status() : ScanLoaded(false);
}

MergeKeys::Limits MergeScan::limits() const {
  return {scan_pages_, in_.threads, in_.key_memory_bytes / kScanShare};
}

Status MergeScan::Finish(const KeepLast::Callback& callback) {
  const Status finished =
      keep_last_->Finish([&](const KeyedRow& superseded, const KeyedRow& last) {
        return callback(ByPlace(superseded), ByPlace(last));
      });
  keep_last_.reset();
  return finished;
}

// The order in which rows stand for their key is that of their places, but for
// files that yield to the results: their rows come before all others.
std::uint64_t MergeScan::RankOfFresh(std::uint64_t place) const {
  const bool yields =
      rank_shift_ > 0 && (*in_.increments)[fresh_.FileAt(place)].only_new_keys;
  return yields ? place - base_rows_ : place + rank_shift_;
}

KeyedRow MergeScan::ByPlace(const KeyedRow& ranked) const {
  const std::uint64_t rank = ranked.place();
  return KeyedRow::Make(
      ranked.key, rank >= rank_shift_ ? rank - rank_shift_ : rank + base_rows_,
      ranked.outcome());
}

// Without increments the question is about the results alone.
bool MergeScan::FilterHelps() const {
  if (fresh_.rows() == 0 || KeyFilter::BytesFor(fresh_.rows()) >=
                                in_.key_memory_bytes / kFilterShare) {
    return false;
  }
  return in_.known_unique.has_value() ||
         UniqueKeys::BytesFor(base_rows_) < in_.key_memory_bytes / kUniqueShare;
}

void MergeScan::Start(bool use_filter) {
  const bool any_yields =
      std::any_of(in_.increments->begin(), in_.increments->end(),
                  [](const IncrementFile& file) { return file.only_new_keys; });
  rank_shift_ = any_yields ? fresh_.rows() : 0;
  before_ = {};
  seen_ = {};
  per_file_.assign(in_.increments->size(), {});
  base_groups_.clear();
  filter_.reset();
  base_keys_.reset();
  keep_last_.emplace(in_.store->file_system(), in_.spill, in_.key_memory_bytes,
                     in_.threads);
  if (use_filter) {
    filter_.emplace(fresh_.rows());
    if (!in_.known_unique) base_keys_.emplace(base_rows_);
  } else {
    keep_last_->Reserve(base_rows_ + fresh_.rows());
  }
  progress_.Stage(Say(N_("scanning keys of increments")), fresh_.rows());
}

Status MergeScan::TakeFresh(std::span<const RowKey> rows) {
  for (const RowKey& row : rows) {
    const RowCount one{1, {row.hash.high, row.hash.low}};
    seen_ += one;
    per_file_[fresh_.FileAt(row.place)] += one;
    if (!row.complete) continue;
    if (filter_) filter_->Add(row.hash);
    BENCHKEEP_TRY(keep_last_->Add(
        KeyedRow::Make(row.hash, RankOfFresh(row.place), row.outcome)));
  }
  return {};
}

Status MergeScan::TakeBase(std::span<const RowKey> rows) {
  if (base_keys_) {
    for (const RowKey& row : rows) {
      if (row.complete) base_keys_->Add(row.hash);
    }
  }
  // Without a branch that the processor would guess wrong.
  std::array<const RowKey*, MergeKeys::kBatch> few;
  std::size_t count = 0;
  for (const RowKey& row : rows) {
    few[count] = &row;
    count += !filter_ || filter_->Passes(row.hash) ? 1 : 0;
  }
  for (const RowKey* row : std::span(few).first(count)) {
    if (!row->complete || (filter_ && !filter_->MayHold(row->hash))) continue;
    BENCHKEEP_TRY(keep_last_->Add(
        KeyedRow::Make(row->hash, row->place + rank_shift_, row->outcome)));
  }
  return {};
}

Result<bool> MergeScan::ScanUnloaded() {
  if (in_.load || !scan_pages_ || fresh_.waiting().empty()) return false;
  Start(FilterHelps());
  BENCHKEEP_ASSIGN(bool scanned, ScanWaiting());
  if (scanned && in_.base != nullptr) {
    BENCHKEEP_ASSIGN(scanned, ScanBasePages());
  }
  if (!scanned) return false;
  return fresh_.ShowWaiting();
}

Result<bool> MergeScan::ScanWaiting() {
  for (const WaitingIncrement& file : fresh_.waiting()) {
    const Result<bool> understood = keys_.ScanIncrement(
        file, limits(), seen_.rows,
        [this](std::span<const RowKey> rows) { return TakeFresh(rows); });
    if (!understood.ok() && understood.error().code == Code::kCorruption) {
      // The engine does not look at checksums.
      fresh_.Reject(file.index, understood.error());
      return false;
    }
    if (!understood.ok() || !*understood) return understood;
  }
  return true;
}

Result<bool> MergeScan::ScanBasePages() {
  progress_.Stage(Say(N_("scanning keys of the results")), base_rows_);
  BENCHKEEP_ASSIGN(std::optional<MergeKeys::Scanned> scanned,
                   keys_.ScanBasePages(*in_.base, limits(),
                                       [this](std::span<const RowKey> rows) {
                                         return TakeBase(rows);
                                       }));
  scan_pages_ = scanned.has_value();
  if (!scanned) return false;
  before_ = scanned->count;
  base_groups_ = std::move(scanned->groups);
  return true;
}

Status MergeScan::ScanLoaded(bool use_filter) {
  Start(use_filter);
  BENCHKEEP_TRY(keys_.ScanFresh(
      fresh_.rows(),
      [this](std::span<const RowKey> rows) { return TakeFresh(rows); }));
  if (in_.base == nullptr) return {};
  if (scan_pages_) {
    BENCHKEEP_ASSIGN(const bool scanned, ScanBasePages());
    return scanned ? Status() : ScanLoaded(use_filter);
  }
  progress_.Stage(Say(N_("scanning keys of the results")), base_rows_);
  BENCHKEEP_ASSIGN(
      before_, keys_.ScanBase(*in_.base, [this](std::span<const RowKey> rows) {
        return TakeBase(rows);
      }));
  return {};
}

}  // namespace benchkeep::store
