// benchkeep repair: a plan, then exactly that.

#include "cli/commands.h"
#include "ops/repair.h"
#include "render/repair.h"
#include "store/transaction.h"

namespace benchkeep::cli {
namespace {

class RepairAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags
        .Text("plan", N_("write the plan to this file and change nothing"),
              &plan_)
        .Value("FILE");
    flags.Text("apply", N_("do what this plan says, exactly"), &apply_)
        .Value("FILE");
    flags.Text("only", N_("cure this kind of finding only"), &only_)
        .Value("CODE");
    flags.Bool("lost-updates",
               N_("bring back cells that a stale writer put older counts over, "
                  "as the daemon kept them; the same as --only lost_update"),
               &lost_updates_);
  }

  ExitCode Run(Context& context) override {
    if (plan_ && apply_) {
      return context.Usage(
          Fail(Code::kInvalidArgument,
               Say(N_("--plan and --apply exclude each other")))
              .value());
    }
    if (apply_ && only_) {
      return context.Usage(
          Fail(Code::kInvalidArgument,
               Say(N_("--only goes with making a plan, not with --apply")))
              .value());
    }
    if (lost_updates_ && (only_ || apply_)) {
      return context.Usage(
          Fail(Code::kInvalidArgument,
               Say(N_("--lost-updates goes without --only and --apply")))
              .value());
    }
    options_.memory_bytes = context.memory_bytes();
    options_.only = lost_updates_ ? "lost_update" : only_.value_or("");
    return apply_ ? Apply(context) : Plan(context);
  }

 private:
  ExitCode Plan(Context& context) {
    if (!plan_ && !context.dry_run()) {
      // What a crash left half done would be finished after planning, and the
      // plan be of yesterday.
      const auto unfinished = store::UnfinishedTransactions(context.store());
      const bool none = unfinished.ok() && unfinished->empty();
      if (const Status locked = none ? Status() : context.LockStore();
          !locked.ok()) {
        return context.Fail(locked.error());
      }
    }
    const Result<ops::PlannedRepair> planned =
        ops::PlanRepair(context.store(), options_, context.progress());
    if (!planned.ok()) return context.Fail(planned.error());
    if (plan_ && !context.dry_run()) {
      if (const Status written =
              ops::WritePlanFile(context.store(), *plan_, planned->plan);
          !written.ok()) {
        return context.Fail(written.error());
      }
    }
    const render::Document document = render::RepairPlanDocument(
        *planned, plan_.value_or(""), context.face());
    if (plan_ || context.dry_run()) return context.Emit(document);
    if (!planned->plan.empty()) {
      if (const auto stop =
              context.Confirm(document, Say(N_("Do all of this?")))) {
        return *stop;
      }
    }
    return Do(context, planned->plan);
  }

  ExitCode Apply(Context& context) {
    const Result<ops::RepairPlan> plan =
        ops::ReadPlanFile(context.file_system(), *apply_);
    if (!plan.ok()) return context.Fail(plan.error());
    if (context.dry_run()) {
      return context.Emit(render::RepairPlanDocument(*plan, context.face()));
    }
    return Do(context, *plan);
  }

  ExitCode Do(Context& context, const ops::RepairPlan& plan) {
    if (context.lock() == nullptr) {
      if (const Status locked = context.LockStore(); !locked.ok()) {
        return context.Fail(locked.error());
      }
    }
    const Result<ops::RepairReport> report = ops::ApplyRepair(
        context.store(), *context.lock(), plan, options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::RepairDocument(*report, context.face()));
  }

  ops::RepairOptions options_;
  std::optional<std::string> plan_;
  std::optional<std::string> apply_;
  std::optional<std::string> only_;
  bool lost_updates_ = false;
};

}  // namespace

const Command kRepairCommand = {
    .name = "repair",
    .group = Group::kKeep,
    .summary = N_("make the numbers agree again, and salvage torn files"),
    .help =
        N_("Makes a plan, shows it, asks, does exactly that, and diagnoses the "
           "store again; the exit code is 0 when that finds no damage. Totals "
           "and rates are counted upwards from the cells, never the other way. "
           "Of a torn master database the longest valid part is kept; cells "
           "that are missing come from the results or from the newest good "
           "copy, whichever holds more tests, and the report says for each "
           "where it came from. Of a Parquet file without footer the whole row "
           "groups come back.\n\n"
           "Nothing is made up, and what was replaced can be taken back with "
           "`benchkeep undo`. A plan in a file can be read, kept, and applied "
           "later; it is refused when anything it was made from has changed."),
    .examples = {{"benchkeep repair --dry-run",
                  N_("See what would be done; nothing is written:")},
                 {"benchkeep repair --plan plan.json",
                  N_("Write the plan down, to be read first:")},
                 {"benchkeep repair --apply plan.json", N_("Do what it says:")},
                 {"benchkeep repair --lost-updates",
                  N_("After the daemon's alarm that counters fell:")},
                 {"benchkeep repair --only rate_mismatch --yes",
                  N_("Correct rates alone, without asking:")}},
    .needs = Needs::kStore,
    .action = MakeAction<RepairAction>,
};

}  // namespace benchkeep::cli
