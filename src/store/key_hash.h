// 128-bit hashes of keys.
//
// Equal keys have equal hashes, whatever file they come from: integers of all
// widths, booleans apart, and floating-point numbers that are whole hash alike;
// -0.0 is 0.0; every NaN is the same NaN.  Different keys share a hash with a
// chance of about n^2 / 2^129, which benchkeep takes as never.
// The bytes that are hashed are part of the ledger's format
// (doc/format/ledger.md): changing them needs a new version there.
// Source: XXH3 128 of xxHash 0.8.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/database.h"
#include "store/results.h"

namespace benchkeep::store {

struct KeyHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const KeyHash&) const = default;
};

// Of a key that is one text, and of one that is one NULL.
KeyHash HashOfText(std::string_view text);
KeyHash HashOfNull();

// Hashes the key of one row at a time.  Not thread-safe: has a buffer.
class KeyHasher {
 public:
  // The key is columns [first, first + count) of the chunks.
  KeyHasher(std::uint64_t first, std::uint64_t count)
      : first_(first), count_(count) {}

  void Bind(const engine::Chunk& chunk);

  // Returns false when a column of the key is NULL: such a row is nobody's
  // duplicate.  Its hash is valid all the same.
  bool Hash(std::uint64_t row, KeyHash& out);

 private:
  std::uint64_t first_;
  std::uint64_t count_;
  std::vector<engine::Column> columns_;
  std::string buffer_;
};

// A small number that is equal for equal outcomes: exact for NULL, booleans and
// small integers, a 16-bit hash for the rest.
std::uint16_t OutcomeTag(const engine::Column& column, std::uint64_t row);
inline std::uint16_t OutcomeTag(bool outcome) { return outcome ? 2 : 1; }
inline constexpr std::uint16_t kNoOutcome = 0;

inline void AddTo(KeySum& sum, const KeyHash& hash) {
  sum += KeySum{hash.high, hash.low};
}

}  // namespace benchkeep::store
