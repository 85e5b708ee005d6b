// benchkeep consolidate: merge the waiting increments into the results file.

#include "cli/commands.h"
#include "ops/consolidate.h"
#include "render/merge.h"

namespace benchkeep::cli {
namespace {

class ConsolidateAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const Result<ops::ConsolidateReport> report = ops::Consolidate(
        context.store(), context.lock(),
        {.memory_bytes = context.memory_bytes()}, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::ConsolidateDocument(*report, context.face()));
  }
};

}  // namespace

const Command kConsolidateCommand = {
    .name = "consolidate",
    .group = Group::kTidy,
    .summary = N_("merge the waiting increments into the results file"),
    .help = N_(
        "Of several rows with the same key the last one counts: the results "
        "file first, then the increments by modification time and name, "
        "inside a file by row order - the same as concat and "
        "drop_duplicates(keep='last') in pandas.\n\n"
        "Writers may go on meanwhile. An increment that is being written is "
        "left for the next run; one that cannot be used goes to the "
        "quarantine with the reason. The new results file is synced and read "
        "back before it takes the old one's place, and no increment is ever "
        "deleted: merged ones wait in the trash, where undo finds them."),
    .examples = {{"benchkeep consolidate --dry-run",
                  N_("See what would happen; nothing is changed:")},
                 {"benchkeep -C /data/campaign consolidate --memory 2G",
                  N_("Merge, using at most about 2 GiB of memory:")},
                 {"benchkeep consolidate --json | jq .data.rows_after",
                  N_("From a script:")}},
    .needs = Needs::kStoreChange,
    .action = MakeAction<ConsolidateAction>,
};

}  // namespace benchkeep::cli
