// The master database: a JSON document that counts tests in a tree of cells.
//
// Versions 3.0 (leaves below models.*), 2.0 and 1.0 (leaves in test_groups.*)
// are read.  The leaves are the truth; what models and summary claim is kept
// beside them.  Damage inside the document is a finding that names its JSON
// Pointer, and the rest is read all the same; a document that is not JSON, or
// no master database at all, is kCorruption.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.h"
#include "base/json.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "store/leaf.h"
#include "store/results.h"

namespace benchkeep::store {

// What a model says about itself.
struct ModelClaim {
  std::string name;
  std::optional<std::int64_t> total_tests;
  std::optional<std::string> last_test_time;
};

struct MasterDatabase {
  std::string version;
  std::vector<Leaf> leaves;        // In document order.
  std::vector<ModelClaim> models;  // In document order; leafless ones, too.
  std::optional<std::int64_t> summary_total;  // What the summary claims.
  std::optional<std::string> newest;          // last_updated.
  std::uint64_t bytes = 0;
  Findings findings;
};

// Reads `path` as it is now.  kNotFound, kCorruption, kTooNew (a version beyond
// 3), or why it could not be read; kBusy when it keeps changing meanwhile.
Result<MasterDatabase> LoadMaster(fs::FileSystem& file_system,
                                  const fs::Path& path);

// The same from the bytes of a document; `path` is used in messages.
Result<MasterDatabase> ParseMaster(std::string_view text,
                                   const fs::Path& path = {});

// The same of a parsed document; `bytes` stays 0.
Result<MasterDatabase> MasterOf(Json document, const fs::Path& path = {});

// The bytes of a version of the file that did not change meanwhile.
struct MasterText {
  std::string text;
  fs::FileInfo info;
};
Result<MasterText> ReadMasterText(fs::FileSystem& file_system,
                                  const fs::Path& path);

// What `status` shows of it, counted upwards from the leaves.
struct MasterStatistics {
  std::string version;
  std::uint64_t leaves = 0;
  std::uint64_t total_tests = 0;
  std::uint64_t successes = 0;
  std::optional<double> success_rate;
  std::vector<ModelStatistics> models;  // By tests, most first, then name.
  std::optional<std::int64_t> summary_total;
  std::optional<std::string> newest;
  std::uint64_t bytes = 0;
};
MasterStatistics StatisticsOf(const MasterDatabase& master);

}  // namespace benchkeep::store
