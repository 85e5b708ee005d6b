// What the levels of a master database claim, and what they should say.
//
// Everything is counted upwards from the leaves: cell, difficulty, tool success
// rate, prompt type, model, summary.  What differs becomes a correction, which
// `diagnose` shows and `repair` applies: one computation, two faces.  What the
// document does not tell is never made up; it becomes a finding without a
// correction.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/json.h"
#include "store/master_database.h"

namespace benchkeep::store {

// Sums of counts of leaves.
struct LevelSums {
  std::int64_t tests = 0;
  std::int64_t success = 0;
  std::int64_t partial = 0;
  std::int64_t failed = 0;
  std::uint64_t cells = 0;
  bool outcomes_known = true;  // False when a leaf does not count successes.

  LevelSums& operator+=(const LevelSums& other);
  bool operator==(const LevelSums&) const = default;
};

// The same as claimed; what is not claimed, or not by all models, is absent.
struct ClaimedSums {
  std::optional<std::int64_t> tests;
  std::optional<std::int64_t> success;
  std::optional<std::int64_t> partial;
  std::optional<std::int64_t> failed;
};

// One value that should be another one.
struct Correction {
  std::string code;  // Of the finding: "master_summary_stale".
  Severity severity = Severity::kWarning;
  std::string pointer;
  std::optional<Json> before;  // Absent: the member is missing.
  Json after;
  std::string rule;  // Stable name: "sum_of_cells", "share_of_counts" ...
  Message message;   // What is wrong, with the evidence.
};

// Who is right about the number of tests, and why.
struct Vote {
  std::string winner;                 // leaf, none
  std::vector<std::string> agreeing;  // Levels that say the same as the winner.
  Message evidence;
};

// A model that claims more tests than its leaves hold.
struct Shortfall {
  std::string model;
  std::string pointer;
  std::int64_t claimed = 0;
  std::int64_t held = 0;
};

struct MasterAudit {
  LevelSums leaf;
  std::uint64_t models = 0;  // With leaves.
  ClaimedSums model;         // Sums over the models.
  ClaimedSums summary;
  bool consistent = true;  // Every leaf is: its counts add up.
  Vote vote;
  std::vector<Correction> corrections;  // In an order that can be applied.
  Findings findings;                    // What no correction cures.
  std::vector<Shortfall> shortfalls;
};

// `master` is what MasterOf(document) gave.
MasterAudit AuditMaster(const Json& document, const MasterDatabase& master);

}  // namespace benchkeep::store
