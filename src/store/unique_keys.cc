// Whether keys are all different.

#include "store/unique_keys.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <future>
#include <span>

namespace benchkeep::store {
namespace {

// `table` is room for a table of them, used again.
bool Differ(std::span<const std::uint64_t> values,
            std::vector<std::uint64_t>& table) {
  const std::size_t slots = std::bit_ceil(2 * values.size() + 1);
  table.assign(slots, 0);
  for (const std::uint64_t any : values) {
    const std::uint64_t value = std::max<std::uint64_t>(any, 1);  // 0: empty.
    std::size_t at = value & (slots - 1);
    while (table[at] != 0) {
      if (table[at] == value) return false;
      at = (at + 1) & (slots - 1);
    }
    table[at] = value;
  }
  return true;
}

}  // namespace

UniqueKeys::UniqueKeys(std::uint64_t keys)
    : room_(RoomFor(keys)), arena_(BytesFor(keys), &large_memory_) {
  for (std::size_t i = 0; i < kPartitions; ++i) {
    partitions_.emplace_back(&arena_).reserve(room_);
  }
}

bool UniqueKeys::AllDiffer(int threads) const {
  if (overflown_) return false;
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> differ = true;
  const auto look = [&] {
    std::vector<std::uint64_t> table;
    for (std::size_t i = next++; i < kPartitions && differ; i = next++) {
      if (!Differ(partitions_[i], table)) differ = false;
    }
  };
  std::vector<std::future<void>> others;
  for (int i = 1; i < threads; ++i) {
    others.push_back(std::async(std::launch::async, look));
  }
  look();
  for (std::future<void>& other : others) other.get();
  return differ;
}

}  // namespace benchkeep::store
