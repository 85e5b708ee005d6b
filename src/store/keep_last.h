// Which rows are superseded, for any number of rows in bounded memory.
//
// Rows are put in with the hash of their key and their place in the keep-last
// order; of every key, all but the row of the last place are superseded.  Rows
// are partitioned by hash, partitions beyond the memory budget go to files, and
// each partition is searched by itself: no sort or window over the whole store.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/key_hash.h"

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
           std::uint64_t memory_bytes);
  ~KeepLast();
  KeepLast(const KeepLast&) = delete;
  KeepLast& operator=(const KeepLast&) = delete;

  // Makes room for so many rows, as far as the memory goes.
  void Reserve(std::uint64_t rows);

  Status Add(const KeyedRow& row);

  // Called with each superseded row and the row that stands for its key.
  // Superseded rows come in no particular order.
  using Callback =
      std::function<Status(const KeyedRow& superseded, const KeyedRow& last)>;

  // Judges all rows; call it once, last.
  Status Finish(const Callback& callback);

  [[nodiscard]] bool spilled() const { return spilled_; }

 private:
  struct Partition {
    std::vector<KeyedRow> rows;
    std::unique_ptr<fs::WritableFile> file;
    std::uint64_t in_file = 0;  // Rows.
  };
  Status Spill();
  Status Load(Partition& partition, std::size_t index);
  [[nodiscard]] fs::Path FileOf(std::size_t index) const;

  fs::FileSystem* file_system_;
  fs::Path spill_folder_;
  std::uint64_t max_rows_;
  std::uint64_t held_ = 0;
  bool spilled_ = false;
  std::vector<Partition> partitions_;
};

}  // namespace benchkeep::store
