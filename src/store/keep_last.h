// Which rows are superseded, for any number of rows in bounded memory.
//
// Rows are put in with the hash of their key and their place in the keep-last
// order; of every key, all but the row of the last place are superseded.  Rows
// are partitioned by hash, partitions beyond the memory budget go to files, and
// each partition is searched by itself: no sort or window over the whole store.
// Not thread-safe; Finish() uses threads of its own.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/key_hash.h"
#include "store/large_memory.h"

namespace benchkeep::store {

// A row to be judged.  Places are unique and at most 2^48 - 1.
struct KeyedRow {
  KeyHash key;
  std::uint64_t place_and_outcome = 0;  // Place in the high 48 bits.

  static KeyedRow Make(const KeyHash& key, std::uint64_t place,
                       std::uint16_t outcome) {
    return {key, place << 16U | outcome};
  }
  [[nodiscard]] std::uint64_t place() const { return place_and_outcome >> 16U; }
  [[nodiscard]] std::uint16_t outcome() const {
    return static_cast<std::uint16_t>(place_and_outcome & 0xFFFFU);
  }
};

class KeepLast {
 public:
  // `spill_folder` must exist and be ours; files are made in it as needed and
  // removed by the destructor.
  KeepLast(fs::FileSystem& file_system, fs::Path spill_folder,
           std::uint64_t memory_bytes, int threads);
  ~KeepLast();
  KeepLast(const KeepLast&) = delete;
  KeepLast& operator=(const KeepLast&) = delete;

  // Makes room for so many rows, as far as the memory goes; before the first.
  void Reserve(std::uint64_t rows);

  Status Add(const KeyedRow& row) {
    if (held_ == max_rows_) BENCHKEEP_TRY(Spill());
    partitions_[PartitionOf(row.key)].rows.push_back(row);
    ++held_;
    return {};
  }

  // Called with each superseded row and the row that stands for its key.
  // Superseded rows come in no particular order.
  using Callback =
      std::function<Status(const KeyedRow& superseded, const KeyedRow& last)>;

  // Judges all rows; call it once, last.
  Status Finish(const Callback& callback);

  [[nodiscard]] bool spilled() const { return spilled_; }

 private:
  // 128 partitions of a billion rows are 190 MB each.
  static constexpr unsigned kPartitionBits = 7;
  static constexpr std::size_t kPartitions = std::size_t{1} << kPartitionBits;

  struct Partition {
    std::pmr::vector<KeyedRow> rows;
    std::unique_ptr<fs::WritableFile> file;
    std::uint64_t in_file = 0;  // Rows.
  };
  static std::size_t PartitionOf(const KeyHash& key) {
    return static_cast<std::size_t>(key.high >> (64U - kPartitionBits));
  }
  Status Spill();
  Result<std::vector<KeyedRow>> ReadSpilled(std::size_t index);
  Status FinishSpilled(const Callback& callback);
  [[nodiscard]] fs::Path FileOf(std::size_t index) const;

  fs::FileSystem* file_system_;
  fs::Path spill_folder_;
  std::uint64_t max_rows_;
  int threads_;
  std::uint64_t held_ = 0;
  bool spilled_ = false;
  LargeMemory large_memory_;
  std::optional<std::pmr::monotonic_buffer_resource> arena_;
  std::vector<Partition> partitions_;
};

}  // namespace benchkeep::store
