// Builds a master database, version 3.0, from results: the way back.

#pragma once

#include <cstdint>
#include <string>

#include "base/finding.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/result.h"
#include "store/results.h"
#include "store/settings.h"

namespace benchkeep::store {

struct MasterDocument {
  Json document;
  std::uint64_t leaves = 0;
  std::uint64_t rows = 0;
  std::uint64_t total_tests = 0;
  Findings findings;
};

// Reads all rows of `scan` and counts upwards: leaf, model, summary.  Rows of
// shape `summary` become leaves with every statistic they hold; rows of shape
// `records` are counted per cell.  `now` becomes created_at and last_updated.
// kCorruption when a row cannot be placed (no model or another part missing).
Result<MasterDocument> BuildMaster(RowScan& scan, Shape shape,
                                   const Settings& settings,
                                   const std::string& now, Progress& progress);

}  // namespace benchkeep::store
