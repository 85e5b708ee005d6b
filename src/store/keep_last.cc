// Which rows are superseded.

#include "store/keep_last.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <future>
#include <span>
#include <string>

namespace benchkeep::store {
namespace {

constexpr std::uint64_t kMinRows = 4096;

// Moves the rows whose key comes more than once to the front and sorts them by
// key and place; returns their number.  Mostly there are few: a table that fits
// the processor's cache finds them much faster than a sort of all rows.
// `table` is room for it, used again.
std::size_t GatherRepeated(std::span<KeyedRow> rows,
                           std::vector<std::uint32_t>& table) {
  constexpr std::uint32_t kEmpty = 0xFFFFFFFFU;
  const std::size_t slots = std::bit_ceil(2 * rows.size() + 1);
  BENCHKEEP_CHECK(rows.size() < kEmpty);
  table.assign(slots, kEmpty);
  std::vector<bool> repeated(rows.size());
  bool any = false;
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    // The high bits chose the partition.
    std::size_t at = rows[i].key.low & (slots - 1);
    while (table[at] != kEmpty && rows[table[at]].key != rows[i].key) {
      at = (at + 1) & (slots - 1);
    }
    if (table[at] == kEmpty) {
      table[at] = i;
      continue;
    }
    repeated[table[at]] = true;
    repeated[i] = true;
    any = true;
  }
  if (!any) return 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (repeated[i]) std::swap(rows[count++], rows[i]);
  }
  std::sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count),
            [](const KeyedRow& a, const KeyedRow& b) {
              if (a.key.high != b.key.high) return a.key.high < b.key.high;
              if (a.key.low != b.key.low) return a.key.low < b.key.low;
              return a.place_and_outcome < b.place_and_outcome;
            });
  return count;
}

// Names the superseded among rows that are sorted by key and place.
Status Judge(std::span<const KeyedRow> rows,
             const KeepLast::Callback& callback) {
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t last = first;
    while (last + 1 < rows.size() && rows[last + 1].key == rows[first].key) {
      ++last;
    }
    for (; first < last; ++first) {
      BENCHKEEP_TRY(callback(rows[first], rows[last]));
    }
    first = last + 1;
  }
  return {};
}

}  // namespace

KeepLast::KeepLast(fs::FileSystem& file_system, fs::Path spill_folder,
                   std::uint64_t memory_bytes, int threads)
    : file_system_(&file_system),
      spill_folder_(std::move(spill_folder)),
      // Vectors grow by doubling: half of what they hold may be empty.
      max_rows_(std::max(kMinRows, memory_bytes / (2 * sizeof(KeyedRow)))),
      threads_(threads),
      partitions_(kPartitions) {}

KeepLast::~KeepLast() {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    if (partitions_[i].in_file == 0) continue;
    partitions_[i].file.reset();
    IgnoreError(file_system_->Remove(FileOf(i)),
                "what is left is removed with the folder of this run");
  }
}

fs::Path KeepLast::FileOf(std::size_t index) const {
  return spill_folder_ / ("keys-" + std::to_string(index));
}

void KeepLast::Reserve(std::uint64_t rows) {
  BENCHKEEP_CHECK(held_ == 0 && !arena_);
  // Partitions differ by a few per cent; no doubling then, and no copy.
  constexpr std::uint64_t kMargin = 16;
  std::uint64_t each = std::min(rows, max_rows_) / kPartitions;
  each += each / kMargin;
  if (each == 0) return;
  arena_.emplace(kPartitions * each * sizeof(KeyedRow), &large_memory_);
  partitions_.clear();
  for (std::size_t i = 0; i < kPartitions; ++i) {
    partitions_.push_back({std::pmr::vector<KeyedRow>(&*arena_), nullptr, 0});
    partitions_.back().rows.reserve(each);
  }
}

Status KeepLast::Spill() {
  spilled_ = true;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    if (partition.rows.empty()) continue;
    if (!partition.file) {
      BENCHKEEP_ASSIGN(partition.file, file_system_->Create(FileOf(i), 0600));
    }
    const auto bytes = std::as_bytes(std::span(partition.rows));
    BENCHKEEP_TRY(partition.file->Append(std::string_view(
        reinterpret_cast<const char*>(bytes.data()), bytes.size())));
    partition.in_file += partition.rows.size();
    partition.rows.clear();
  }
  held_ = 0;
  return {};
}

// What is in the file of a partition, and what is not yet.
Result<std::vector<KeyedRow>> KeepLast::ReadSpilled(std::size_t index) {
  Partition& partition = partitions_[index];
  std::vector<KeyedRow> rows(partition.in_file);
  if (partition.in_file > 0) {
    BENCHKEEP_TRY(partition.file->Close());
    BENCHKEEP_ASSIGN(const auto file, file_system_->Open(FileOf(index)));
    const auto bytes = std::as_writable_bytes(std::span(rows));
    BENCHKEEP_ASSIGN(const std::size_t got, file->ReadAt(0, bytes));
    if (got != bytes.size()) {
      return Fail(Code::kIo,
                  Say(N_("a spill file became shorter: {0}"), FileOf(index)),
                  FileOf(index));
    }
  }
  rows.insert(rows.end(), partition.rows.begin(), partition.rows.end());
  return rows;
}

Status KeepLast::FinishSpilled(const Callback& callback) {
  std::vector<std::uint32_t> table;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    BENCHKEEP_ASSIGN(std::vector<KeyedRow> rows, ReadSpilled(i));
    const std::size_t repeated = GatherRepeated(rows, table);
    BENCHKEEP_TRY(Judge(std::span(rows).first(repeated), callback));
  }
  return {};
}

Status KeepLast::Finish(const Callback& callback) {
  if (spilled_) return FinishSpilled(callback);
  std::vector<std::size_t> repeated(partitions_.size());
  std::atomic<std::size_t> next = 0;
  const auto gather = [&] {
    std::vector<std::uint32_t> table;
    for (std::size_t i = next++; i < partitions_.size(); i = next++) {
      repeated[i] = GatherRepeated(partitions_[i].rows, table);
    }
  };
  {
    std::vector<std::future<void>> others;
    for (int i = 1; i < threads_; ++i) {
      others.push_back(std::async(std::launch::async, gather));
    }
    gather();
  }
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    BENCHKEEP_TRY(
        Judge(std::span(partitions_[i].rows).first(repeated[i]), callback));
  }
  return {};
}

}  // namespace benchkeep::store
