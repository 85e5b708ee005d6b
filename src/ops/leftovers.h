// Temporary files that runs which died have left in a store.

#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace benchkeep::ops {

struct Leftover {
  fs::Path path;
  std::int64_t mtime_ns = 0;
  // Nobody holds its lock or has it open, its process is gone, and it is not
  // young.  False: better leave it alone.
  bool dead = false;
};

// Spill folders, what clean was removing, and staging files and folders of
// atomic replacements and exports.  Changes nothing.
Result<std::vector<Leftover>> FindLeftovers(const store::Store& store);

// The same about one of them, now.
Result<bool> IsDead(const store::Store& store, const fs::Path& path);

}  // namespace benchkeep::ops
