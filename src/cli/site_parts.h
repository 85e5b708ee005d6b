// What `serve` and `metrics` show: the documents of other commands, each made
// by a run of this very program.
//
// A process of its own per document: it may crash, hang on a slow disk or take
// all its memory, and the server never notices more than a missing answer.

#pragma once

#include <vector>

#include "cli/context.h"
#include "web/actions.h"
#include "web/collectors.h"

namespace benchkeep::cli {

std::vector<web::CollectorSpec> CollectorSpecs(const Context& context);
std::vector<web::ActionSpec> ActionSpecs(const Context& context);

}  // namespace benchkeep::cli
