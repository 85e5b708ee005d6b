// Whether the numbers of one leaf fit together, and what they should be.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/leaf.h"
#include "store/master_audit.h"

namespace benchkeep::store {

struct LeafAudit {
  Leaf leaf;  // With the corrections in it.
  std::vector<Correction> corrections;
  Findings findings;
  bool consistent = true;      // Its counts add up, under one convention.
  bool odd_full_rate = false;  // full_success_rate is not what counts give.
};

// `percent_allowed`: versions 1.0 and 2.0 write some rates as percentages.
LeafAudit AuditLeaf(const Leaf& leaf, bool percent_allowed);

// Adds a correction for every rate of `numbers` (members of the object at
// `pointer`) that is not the share of its count; rates that nobody counted are
// only checked for 0..1.  `failed` and `partial` may be unknown.
struct RateCounts {
  std::int64_t total = 0;
  std::optional<std::int64_t> success;
  std::optional<std::int64_t> partial;
  std::optional<std::int64_t> failed;
  bool percent_allowed = false;
  bool others = true;  // Check the range of rates that are not of these.
};
void AuditRates(const std::vector<Json::Member>& numbers,
                const std::string& pointer, const RateCounts& counts,
                std::vector<Correction>& corrections, Findings& findings);

// The sums that one leaf adds to the levels above it.
LevelSums SumsOf(const Leaf& leaf);

}  // namespace benchkeep::store
