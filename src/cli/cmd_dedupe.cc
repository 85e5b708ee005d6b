// benchkeep dedupe: of rows with equal keys, keep the last.

#include "cli/commands.h"
#include "ops/dedupe.h"
#include "render/merge.h"

namespace benchkeep::cli {
namespace {

class DedupeAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const Result<ops::DedupeReport> report = ops::Dedupe(
        context.store(), context.lock(),
        {.memory_bytes = context.memory_bytes()}, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::DedupeDocument(*report, context.face()));
  }
};

}  // namespace

const Command kDedupeCommand = {
    .name = "dedupe",
    .group = Group::kTidy,
    .summary = N_("drop rows of the results whose key comes again later"),
    .help =
        N_("Of several rows with the same key the last one stays, as with "
           "drop_duplicates(keep='last') in pandas. Rows without a key are "
           "nobody's duplicate and stay. Duplicates whose outcome differs are "
           "counted and listed. The old results file is kept for undo."),
    .examples = {{"benchkeep dedupe --dry-run",
                  N_("Count the duplicates and list the conflicts:")},
                 {"benchkeep dedupe", N_("Remove them:")}},
    .needs = Needs::kStoreChange,
    .action = MakeAction<DedupeAction>,
};

}  // namespace benchkeep::cli
