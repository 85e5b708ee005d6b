// What earlier consolidates saw of the increments, as their records say: so
// that a kept copy whose increment is gone can be told to be newer than all
// that was merged, or not.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "store/guard.h"
#include "store/store.h"

namespace benchkeep::ops {

// An increment that was being written, and was left where it is.
struct OpenIncrement {
  fs::FileInfo info;
  TimePoint seen{};
};

// What one consolidate saw.
struct Look {
  TimePoint time{};            // When it had looked at all of them.
  std::int64_t newest_ns = 0;  // Of the files that it merged; 0: none.
  std::vector<OpenIncrement> open;
};

// The member "looked" of the record (doc/format/transaction.md).
Json LookToJson(const Look& look);

class PastLooks {
 public:
  // Those of consolidates that stand in the trash, as far as they looked after
  // `since`: the others are older than all that changed later.
  static Result<PastLooks> Read(const store::Store& store, TimePoint since);

  explicit PastLooks(std::vector<Look> looks) : looks_(std::move(looks)) {}

  // The copy is of a version that none of them can have merged, and that was
  // closed after everything that they merged.
  [[nodiscard]] bool AreAllOlder(const store::KeptIncrement& kept) const;

 private:
  std::vector<Look> looks_;
};

}  // namespace benchkeep::ops
