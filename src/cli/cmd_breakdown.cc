// benchkeep breakdown: tests and success by the columns of a cell.

#include "cli/commands.h"
#include "ops/breakdown.h"
#include "render/breakdown.h"

namespace benchkeep::cli {
namespace {

class BreakdownAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const Result<ops::BreakdownReport> report = ops::ReadBreakdown(
        context.store(), {.memory_bytes = context.memory_bytes()});
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::BreakdownDocument(*report, context.face()));
  }
};

}  // namespace

const Command kBreakdownCommand = {
    .name = "breakdown",
    .group = Group::kLook,
    .summary = N_("show tests and success by model, difficulty and so on"),
    .help = N_(
        "One table per column of a cell ([store] summary_key), and models by "
        "prompt types. It counts the results file or the cells of the master "
        "database, whichever holds more tests. With --json there are also all "
        "pairs with the model, and the tests over time. It changes nothing "
        "and takes no lock."),
    .examples = {{"benchkeep breakdown", N_("The store in this folder:")},
                 {"benchkeep breakdown --json | jq .data.timeline.slots",
                  N_("Tests over time, for a chart:")}},
    .needs = Needs::kStore,
    .action = MakeAction<BreakdownAction>,
};

}  // namespace benchkeep::cli
