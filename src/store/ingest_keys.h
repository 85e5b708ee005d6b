// Idempotency keys of ingest, in state.db: what was taken in already.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/store.h"

namespace benchkeep::store {

struct IngestKey {
  std::string key;
  std::string sha256;  // Of the input.
  std::string file;
  std::uint64_t rows = 0;
};

Result<std::optional<IngestKey>> FindIngestKey(const Store& store,
                                               const std::string& key);

// A key that is there stays as it is.
Status NoteIngestKey(const Store& store, const IngestKey& key);

}  // namespace benchkeep::store
