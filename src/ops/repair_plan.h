// A plan of repair: every change with its place, reason and origin, and the
// hashes of what it was made from.
//
// The plan is a JSON file (doc/format/repair-plan.md).  It is applied exactly,
// or refused when one of its inputs is no longer what it was.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/json.h"
#include "base/result.h"
#include "store/master_audit.h"

namespace benchkeep::ops {

inline constexpr int kRepairPlanFormat = 1;

// A file that was read to make the plan.
struct PlanInput {
  std::string file;    // Below the root.
  std::string sha256;  // Empty: it was not there.
  std::uint64_t bytes = 0;
};

// Where a value came from that the document did not have.
struct ChangeOrigin {
  std::string kind;  // parquet, backup, by_hand
  std::string file;
};

// A change of the master database.
struct PlannedChange {
  store::Correction correction;
  std::optional<ChangeOrigin> origin;  // Absent: counted from the document.
};

// What the changes are applied to.
enum class PlanBase {
  kWhole,   // The document.
  kPrefix,  // Its longest valid prefix.
  kNew,     // An empty one: it is missing, or has no bytes.
};

// A Parquet file without footer, to be replaced by what its pages hold.
struct PlannedRecovery {
  std::string code;  // results_torn, increment_torn
  std::string file;
  std::string sibling;  // Whose columns it has.
  std::uint64_t rows = 0;
  std::uint64_t row_groups = 0;
  std::uint64_t bytes_used = 0;
  std::uint64_t bytes = 0;
  std::uint64_t columns = 0;
  std::uint64_t columns_cut = 0;  // Complete ones of a last, incomplete group.
};

struct RepairPlan {
  std::string created;  // ISO, UTC.
  std::string only;     // --only; empty: everything.
  std::vector<PlanInput> inputs;
  std::string master;  // Its name; empty: it does not change.
  PlanBase base = PlanBase::kWhole;
  std::uint64_t prefix_bytes = 0;
  std::vector<PlannedChange> changes;
  std::string result_sha256;  // Of the new master database.
  std::vector<PlannedRecovery> recoveries;
  Findings uncured;               // What no change of the plan brings back.
  std::int64_t tests_before = 0;  // By the cells.
  std::int64_t tests_after = 0;

  [[nodiscard]] bool empty() const {
    return changes.empty() && recoveries.empty() && base == PlanBase::kWhole;
  }
};

Json PlanToJson(const RepairPlan& plan);
Result<RepairPlan> PlanFromJson(const Json& json);

// Text of a document with the changes of the plan; `original` is the master
// database as it is now.  kCorruption when a change does not fit or the result
// is not what the plan says.
Result<std::string> TextAfter(const RepairPlan& plan,
                              const std::string& original);

// The document that the changes are applied to.
Json BaseDocument(PlanBase base, const std::string& original);

}  // namespace benchkeep::ops
