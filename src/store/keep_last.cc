// Which rows are superseded.

#include "store/keep_last.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>

namespace benchkeep::store {
namespace {

// 128 partitions of a billion rows are 190 MB each.
constexpr std::size_t kPartitions = 128;
constexpr std::uint64_t kMinRows = 4096;

std::size_t PartitionOf(const KeyHash& key) {
  return static_cast<std::size_t>(key.high >> 57U);
}

// Moves the rows whose key comes more than once to the front and sorts them by
// key and place; returns their number.  Mostly there are few: a table that fits
// the processor's cache finds them much faster than a sort of all rows.
std::size_t GatherRepeated(std::vector<KeyedRow>& rows) {
  constexpr std::uint32_t kEmpty = 0xFFFFFFFFU;
  const std::size_t slots = std::bit_ceil(2 * rows.size() + 1);
  BENCHKEEP_CHECK(rows.size() < kEmpty);
  std::vector<std::uint32_t> table(slots, kEmpty);
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

}  // namespace

KeepLast::KeepLast(fs::FileSystem& file_system, fs::Path spill_folder,
                   std::uint64_t memory_bytes)
    : file_system_(&file_system),
      spill_folder_(std::move(spill_folder)),
      // Vectors grow by doubling: half of what they hold may be empty.
      max_rows_(std::max(kMinRows, memory_bytes / (2 * sizeof(KeyedRow)))),
      partitions_(kPartitions) {
  static_assert(kPartitions == std::size_t{1} << 7U);
}

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
  // Partitions differ by a few per cent; no doubling then, and no copy.
  constexpr std::uint64_t kMargin = 16;
  const std::uint64_t each = std::min(rows, max_rows_) / partitions_.size();
  for (Partition& partition : partitions_) {
    partition.rows.reserve(each + each / kMargin);
  }
}

Status KeepLast::Add(const KeyedRow& row) {
  if (held_ == max_rows_) {
    BENCHKEEP_TRY(Spill());
  }
  partitions_[PartitionOf(row.key)].rows.push_back(row);
  ++held_;
  return {};
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

Status KeepLast::Load(Partition& partition, std::size_t index) {
  if (partition.in_file == 0) return {};
  BENCHKEEP_TRY(partition.file->Close());
  BENCHKEEP_ASSIGN(const auto file, file_system_->Open(FileOf(index)));
  std::vector<KeyedRow> rows(partition.in_file);
  const auto bytes = std::as_writable_bytes(std::span(rows));
  BENCHKEEP_ASSIGN(const std::size_t got, file->ReadAt(0, bytes));
  if (got != bytes.size()) {
    return Fail(Code::kIo,
                Say(N_("a spill file became shorter: {0}"), FileOf(index)),
                FileOf(index));
  }
  partition.rows.insert(partition.rows.end(), rows.begin(), rows.end());
  return {};
}

Status KeepLast::Finish(const Callback& callback) {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    BENCHKEEP_TRY(Load(partition, i));
    std::vector<KeyedRow>& rows = partition.rows;
    const std::size_t repeated = GatherRepeated(rows);
    for (std::size_t first = 0; first < repeated;) {
      std::size_t last = first;
      while (last + 1 < repeated && rows[last + 1].key == rows[first].key) {
        ++last;
      }
      for (; first < last; ++first) {
        BENCHKEEP_TRY(callback(rows[first], rows[last]));
      }
      first = last + 1;
    }
    std::vector<KeyedRow>().swap(rows);
  }
  return {};
}

}  // namespace benchkeep::store
