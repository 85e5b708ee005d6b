// Parquet's hybrid of run lengths and bit packing, edited without decoding it.
//
// Definition levels, dictionary indices and (in newer files) booleans are kept
// this way.  Runs that lose nothing are taken over as they are.
// Source: apache/parquet-format, Encodings.md, "RLE/Bit-packed Hybrid".

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace benchkeep::store {

// A sequence of `count` values of `width` bits (at most 32).  Every function
// returns false when the bytes are no such sequence.
struct HybridRuns {
  std::string_view bytes;
  unsigned width = 0;
  std::uint64_t count = 0;
};

// Appends the sequence without the values at `removed` (ascending) to `out`.
bool CutRuns(const HybridRuns& runs, std::span<const std::uint32_t> removed,
             std::string& out);

// True when `after` is `before` without the values at `removed` (ascending),
// however its runs are made.  Compares values, and knows nothing of CutRuns().
bool EqualRuns(const HybridRuns& before, std::span<const std::uint32_t> removed,
               const HybridRuns& after);

// The values at `places` (ascending).
bool ReadRuns(const HybridRuns& runs, std::span<const std::uint32_t> places,
              std::vector<std::uint32_t>& values);

// All values.
bool ReadAllRuns(const HybridRuns& runs, std::vector<std::uint32_t>& values);

// For width 1: which of `places` hold a one, and how many ones stand before
// them.
struct RunRanks {
  std::vector<bool> is_one;          // Parallel to the places.
  std::vector<std::uint32_t> ranks;  // Likewise.
  std::uint64_t ones = 0;            // In all.
};
bool RankRuns(const HybridRuns& runs, std::span<const std::uint32_t> places,
              RunRanks& out);

// True when one of the values is in the sequence: marked in `wanted` by its
// number.
bool AnyInRuns(const HybridRuns& runs, const std::vector<bool>& wanted,
               bool& found);

}  // namespace benchkeep::store
