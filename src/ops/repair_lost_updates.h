// Cells of the master database that a stale writer put older counts over, and
// the versions that the guard kept.

#pragma once

#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "ops/repair_plan.h"
#include "store/store.h"

namespace benchkeep::ops {

inline constexpr const char* kLostUpdate = "lost_update";

// One change for each cell of `document` that held more tests in a version the
// guard raised an alarm about: the whole cell as it was there; the fullest of
// several.  Totals above the cells are not among them.
Result<std::vector<PlannedChange>> CellsToBringBack(const store::Store& store,
                                                    const Json& document);

// The alarms that the present master database no longer gives cause for.
Status SettleLostUpdates(const store::Store& store);

}  // namespace benchkeep::ops
