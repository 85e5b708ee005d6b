// Merging some cells of an older master database into the one of today.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "ops/backup_restore.h"

namespace benchkeep::ops {

struct MergedMaster {
  Json document;
  std::uint64_t cells = 0;  // That came from the older one.
  std::uint64_t tests_added = 0;
  std::uint64_t tests_before = 0;  // Of all leaves.
  std::uint64_t tests_after = 0;
};

// Takes over every matching cell of `then` that `now` does not have, or has
// with fewer tests; a cell with as many or more stands.  The totals of the
// models concerned and of the summary are counted again from the leaves;
// everything else stays as it is.  Version 3 documents only.
Result<MergedMaster> MergeMaster(const std::string& now,
                                 const std::string& then,
                                 const RestoreFilter& filter,
                                 const fs::Path& path);

}  // namespace benchkeep::ops
