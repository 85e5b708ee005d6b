// The keys of a Parquet file, hashed where they stand in its pages.
//
// The engine would decode every text into vectors of its own first.  Only for
// the usual store: the key is one text column, the outcome a boolean one, in
// the encodings of store/page_values.h; everything else is left to the engine.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "store/key_hash.h"
#include "store/parquet_source.h"

namespace benchkeep::store {

struct KeyScan {
  const ParquetSource* source = nullptr;
  std::size_t key = 0;                 // Index of its column.
  std::optional<std::size_t> outcome;  // Likewise.
  int threads = 1;
  std::uint64_t memory_bytes = 0;
  std::vector<bool> skip;  // Row groups to pass over; empty: none.
};

// The keys of the rows of a row group.
struct GroupKeys {
  RowCount count;
  std::vector<KeyHash> hashes;
  std::vector<std::uint8_t> outcomes;  // OutcomeTag.
  std::vector<bool> is_null;           // Empty: no key is NULL.
};

// Calls `take` with every row group in order, on the calling thread.  False
// when something is not understood or memory too small: what `take` was given
// may be a part then.  kCorruption when a page does not match its checksum.
using TakeKeys = std::function<Status(const GroupKeys&)>;
Result<bool> ScanKeysOf(const KeyScan& scan, const TakeKeys& take);

}  // namespace benchkeep::store
