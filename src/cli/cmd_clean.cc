// benchkeep clean: remove what nobody needs any more.

#include "cli/commands.h"
#include "ops/clean.h"
#include "render/clean.h"

namespace benchkeep::cli {
namespace {

class CleanAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("purge-trash",
               N_("remove changes that could still be undone, too"),
               &options_.purge_trash);
  }

  ExitCode Run(Context& context) override {
    options_.memory_bytes = context.memory_bytes();
    const Result<ops::CleanReport> plan =
        ops::PlanClean(context.store(), options_, context.progress());
    if (!plan.ok()) return context.Fail(plan.error());
    const render::Document document =
        render::CleanDocument(*plan, context.face());
    if (plan->removed == 0) return context.Emit(document);
    const Message question =
        options_.purge_trash
            ? Say(N_("Remove these for good, so that they cannot be undone?"))
            : Say(N_("Remove these for good?"));
    if (const auto stop = context.Confirm(document, question)) return *stop;
    if (const Status locked = context.LockStore(store::Room::kMayUseReserve);
        !locked.ok()) {
      return context.Fail(locked.error());
    }
    const Result<ops::CleanReport> report = ops::Clean(
        context.store(), *context.lock(), *plan, options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::CleanDocument(*report, context.face()));
  }

 private:
  ops::CleanOptions options_;
};

}  // namespace

const Command kCleanCommand = {
    .name = "clean",
    .group = Group::kTidy,
    .summary = N_("remove what nobody needs any more"),
    .help =
        N_("Removes changes whose time to be undone has passed ([undo] "
           "keep_days), temporary files of runs that died, and increments "
           "that are proven to be in the results; those go to the trash. Age "
           "alone never removes an increment. The quarantine, and files that "
           "benchkeep does not know, are shown and left alone.\n\n"
           "It shows its plan and asks; --yes answers. After any error it "
           "removes nothing more. On a full disk it gives up a reserve of its "
           "own first, so that it can always work."),
    .examples = {{"benchkeep clean --dry-run",
                  N_("See what would go; nothing is changed:")},
                 {"benchkeep clean --yes", N_("Remove it without asking:")},
                 {"benchkeep clean --purge-trash",
                  N_("Make room now, and give up undoing:")}},
    .needs = Needs::kStore,
    .action = MakeAction<CleanAction>,
};

}  // namespace benchkeep::cli
