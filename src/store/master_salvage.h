// What can be brought back of a master database that was torn or emptied.
//
// The base is the longest valid prefix.  Cells that it lacks are taken from
// other documents, each with its origin; whatever is in the base stays.  Of
// several sources of a cell the one with the most tests counts, and the first
// of equals.  Nothing is made up: what no source holds stays away.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/master_audit.h"

namespace benchkeep::store {

struct SalvageSource {
  std::string kind;  // parquet, backup, by_hand
  std::string file;  // Below the root.
  Json document;     // A master database.
};

struct Refill {
  Correction correction;
  std::size_t source = 0;  // Among the sources given.
};

struct SalvagePlan {
  Json base;
  std::vector<Refill> refills;  // In an order that can be applied.
  std::int64_t tests_kept = 0;  // In the base.
  std::int64_t tests_refilled = 0;
  std::uint64_t cells_kept = 0;
  std::uint64_t cells_refilled = 0;
  Findings findings;
};

// `cut` is the pointer of the innermost container that was cut; empty: none.
// `code` is what the findings of refills are called ("master_torn").
SalvagePlan PlanSalvage(Json base, const std::string& cut,
                        const std::string& code,
                        const std::vector<SalvageSource>& sources);

}  // namespace benchkeep::store
