// The values of a Parquet page as bytes: looked at, and cut out.
//
// A page holds the values of a flat column that are not NULL, one after the
// other, in one of several encodings.  Nothing is decoded that is not needed.
// Source: apache/parquet-format, Encodings.md.

#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/run_cut.h"

namespace benchkeep::store {

struct PageValues {
  std::string_view bytes;
  std::int64_t encoding = 0;  // parquet::Encoding.
  std::int64_t physical = 0;  // parquet::Physical.
  std::int64_t type_length = 0;
  std::uint64_t count = 0;
};

// True for the encodings that the functions here know.
bool IsKnownEncoding(const PageValues& values);
bool IsDictionaryEncoding(std::int64_t encoding);

// Appends the values without those at `removed` (ascending) to `out`, in the
// same encoding.  False when the bytes are not what they must be.
bool CutValues(const PageValues& values, std::span<const std::uint32_t> removed,
               std::string& out);

// Calls `visit` with the values at `places` (ascending), or with all of them,
// as they stand in statistics.  Not for dictionary encodings.
using VisitValue = std::function<void(std::string_view)>;
bool VisitPlaces(const PageValues& values,
                 std::span<const std::uint32_t> places,
                 const VisitValue& visit);
bool VisitAll(const PageValues& values, const VisitValue& visit);

// All booleans.
bool ReadBooleans(const PageValues& values, std::vector<std::uint32_t>& out);

// Calls `visit` with every text of a plain page.
template <typename Visit>
bool VisitPlainTexts(const PageValues& values, Visit&& visit) {
  std::string_view rest = values.bytes;
  for (std::uint64_t i = 0; i < values.count; ++i) {
    std::uint32_t size = 0;
    if (rest.size() < sizeof size) return false;
    std::memcpy(&size, rest.data(), sizeof size);
    rest.remove_prefix(sizeof size);
    if (size > rest.size()) return false;
    visit(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return rest.empty();
}

// The indices of a dictionary encoding.  False when the bytes have no width.
bool IndicesOf(const PageValues& values, HybridRuns& indices);

}  // namespace benchkeep::store
