// A set of key hashes, for asking quickly whether a key may be in it.

#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "store/key_hash.h"

namespace benchkeep::store {

// Holds 64 bits of each hash: a false yes is possible and harmless, a false no
// is not possible.
class KeyFilter {
 public:
  // Room for `keys` keys: 16 to 32 bytes each.
  explicit KeyFilter(std::uint64_t keys)
      : slots_(std::bit_ceil(2 * keys + 16)), mask_(slots_.size() - 1) {}

  static std::uint64_t BytesFor(std::uint64_t keys) {
    return std::bit_ceil(2 * keys + 16) * sizeof(std::uint64_t);
  }

  void Add(const KeyHash& key) {
    const std::uint64_t value = Value(key);
    std::uint64_t at = key.high & mask_;
    while (slots_[at] != 0 && slots_[at] != value) at = (at + 1) & mask_;
    slots_[at] = value;
  }

  [[nodiscard]] bool MayHold(const KeyHash& key) const {
    const std::uint64_t value = Value(key);
    std::uint64_t at = key.high & mask_;
    while (slots_[at] != 0) {
      if (slots_[at] == value) return true;
      at = (at + 1) & mask_;
    }
    return false;
  }

 private:
  // 0 marks an empty slot.
  static std::uint64_t Value(const KeyHash& key) {
    return key.low == 0 ? 1 : key.low;
  }

  std::vector<std::uint64_t> slots_;
  std::uint64_t mask_;
};

}  // namespace benchkeep::store
