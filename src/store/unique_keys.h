// Whether the keys of many rows are all different, in a third of the memory
// that KeepLast needs for saying which of them are not.
//
// Holds 64 bits of each hash: that two of them are equal by chance (3 in a
// million for ten million keys) makes it say no where yes would be right.
// Not thread-safe; AllDiffer() uses threads of its own.

#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "store/key_hash.h"
#include "store/large_memory.h"

namespace benchkeep::store {

class UniqueKeys {
 public:
  // For at most so many keys.
  explicit UniqueKeys(std::uint64_t keys);

  static std::uint64_t BytesFor(std::uint64_t keys) {
    return kPartitions * RoomFor(keys) * sizeof(std::uint64_t);
  }

  void Add(const KeyHash& key) {
    auto& partition = partitions_[key.high >> (64U - kPartitionBits)];
    if (partition.size() < room_) {
      partition.push_back(key.low);
    } else {
      overflown_ = true;  // More than its share: many equal ones.
    }
  }

  // Call it once, last.
  [[nodiscard]] bool AllDiffer(int threads) const;

 private:
  // The table of a partition of ten million keys stays near the processor.
  static constexpr unsigned kPartitionBits = 7;
  static constexpr std::uint64_t kPartitions = 1U << kPartitionBits;
  // Partitions differ by a few per cent, small ones by more.
  static std::uint64_t RoomFor(std::uint64_t keys) {
    const std::uint64_t each = keys / kPartitions;
    return each + each / 16 + 256;
  }

  std::uint64_t room_;  // Of a partition.
  LargeMemory large_memory_;
  std::pmr::monotonic_buffer_resource arena_;
  std::vector<std::pmr::vector<std::uint64_t>> partitions_;
  bool overflown_ = false;
};

}  // namespace benchkeep::store
