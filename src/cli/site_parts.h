// What `serve`, `metrics` and `monitor` show: the documents of other commands,
// each made by a run of this very program.
//
// A process of its own per document: it may crash, hang on a slow disk or take
// all its memory, and the server never notices more than a missing answer.

#pragma once

#include <chrono>
#include <vector>

#include "cli/context.h"
#include "jobs/collectors.h"
#include "web/actions.h"

namespace benchkeep::cli {

std::vector<jobs::CollectorSpec> CollectorSpecs(const Context& context);
// The same and more, for a screen; the store need not be open.
std::vector<jobs::CollectorSpec> MonitorSpecs(const Context& context,
                                              std::chrono::seconds refresh);
std::vector<web::ActionSpec> ActionSpecs(const Context& context);

}  // namespace benchkeep::cli
