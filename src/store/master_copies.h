// What is in the copies of the master database: how good they are, and what
// each still holds.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/message.h"
#include "base/result.h"
#include "store/copies.h"
#include "store/store.h"

namespace benchkeep::store {

struct MasterCopy {
  CopyFile file;
  bool good = false;  // Whole, with tests, and its leaves add up.
  Message problem;    // Why not; empty for good ones.
  std::string sha256;
  std::string created_at;    // As the document says; may be empty.
  std::string last_updated;  // Same.
  std::int64_t tests = 0;    // By its leaves.
  std::map<std::string, std::int64_t> cells;      // JSON Pointer -> tests.
  std::map<std::string, std::int64_t> by_models;  // Model -> tests.
};

// All copies, the newest data first (last_updated, else the time of the file).
// Copies of equal bytes are there once.  Reads at most `max_bytes` of them; the
// rest are passed over, oldest first.
std::vector<MasterCopy> ReadMasterCopies(
    const Store& store, std::uint64_t max_bytes = std::uint64_t{1} << 29);

// The document of a copy; kBusy when it is no longer what was read.
Result<Json> DocumentOf(const Store& store, const MasterCopy& copy);

// "2025-08-17T01:35:12.313820", with or without a zone, as nanoseconds of UTC;
// nullopt for anything else.
std::optional<std::int64_t> ParseIsoTime(const std::string& text);

}  // namespace benchkeep::store
