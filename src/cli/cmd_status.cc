// benchkeep status: what is in the store, on one screen.

#include "cli/commands.h"
#include "ops/status.h"
#include "render/status.h"

namespace benchkeep::cli {
namespace {

class StatusAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const Result<ops::StatusReport> report = ops::ReadStatus(
        context.store(), {.memory_bytes = context.memory_bytes()});
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::StatusDocument(*report, context.face()));
  }
};

}  // namespace

const Command kStatusCommand = {
    .name = "status",
    .group = Group::kLook,
    .summary = N_("show what is in the store, on one screen"),
    .help = N_(
        "Tests and success rate of the results file and of the master "
        "database, model by model, and what is waiting in increments. Counts "
        "come from file footers, so this is quick for any size. It changes "
        "nothing and takes no lock."),
    .examples = {{"benchkeep status", N_("The store in this folder:")},
                 {"benchkeep -C /data/campaign status --json | jq "
                  ".data.results.success_rate",
                  N_("One number for a script:")}},
    .needs = Needs::kStore,
    .action = MakeAction<StatusAction>,
};

}  // namespace benchkeep::cli
