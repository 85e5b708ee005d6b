// A set of key hashes, for asking quickly whether a key may be in it.

#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "store/key_hash.h"

namespace benchkeep::store {

// Holds 64 bits of each hash: a false yes is possible and harmless, a false no
// is not possible.  Most are answered by bits that stay near the processor.
class KeyFilter {
 public:
  // Room for `keys` keys: 17 to 34 bytes each.
  explicit KeyFilter(std::uint64_t keys)
      : slots_(std::bit_ceil(2 * keys + 16)),
        mask_(slots_.size() - 1),
        bits_(slots_.size() / kSlotsPerWord) {}

  static std::uint64_t BytesFor(std::uint64_t keys) {
    return std::bit_ceil(2 * keys + 16) * (sizeof(std::uint64_t) + 1);
  }

  void Add(const KeyHash& key) {
    const std::uint64_t value = Value(key);
    bits_[WordOf(key)] |= BitOf(key);
    std::uint64_t at = key.high & mask_;
    while (slots_[at] != 0 && slots_[at] != value) at = (at + 1) & mask_;
    slots_[at] = value;
  }

  // The quick part of MayHold: no more than one in twenty wrong ones passes.
  [[nodiscard]] bool Passes(const KeyHash& key) const {
    return (bits_[WordOf(key)] & BitOf(key)) != 0;
  }

  [[nodiscard]] bool MayHold(const KeyHash& key) const {
    if (!Passes(key)) return false;
    const std::uint64_t value = Value(key);
    std::uint64_t at = key.high & mask_;
    while (slots_[at] != 0) {
      if (slots_[at] == value) return true;
      at = (at + 1) & mask_;
    }
    return false;
  }

 private:
  // Eight bits for a slot.
  static constexpr std::size_t kSlotsPerWord = 8;

  // 0 marks an empty slot.
  static std::uint64_t Value(const KeyHash& key) {
    return key.low == 0 ? 1 : key.low;
  }

  [[nodiscard]] std::uint64_t WordOf(const KeyHash& key) const {
    return key.low & (bits_.size() - 1);
  }
  static std::uint64_t BitOf(const KeyHash& key) {
    return std::uint64_t{1} << (key.low >> 58U);
  }

  std::vector<std::uint64_t> slots_;
  std::uint64_t mask_;
  std::vector<std::uint64_t> bits_;
};

}  // namespace benchkeep::store
