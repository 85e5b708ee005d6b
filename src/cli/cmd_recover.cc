// benchkeep recover: bring the store back after a disaster.

#include <charconv>

#include "cli/commands.h"
#include "ops/recover.h"
#include "render/recover.h"

namespace benchkeep::cli {
namespace {

class RecoverAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("drill",
               N_("do it all on a copy, to see what would be lost and how long "
                  "it takes"),
               &drill_);
    flags
        .Text("backup",
              N_("take this backup: its id, the start of it, or latest (the "
                 "newest good one)"),
              &options_.backup)
        .Value("ID");
    flags.List("only", N_("master, parquet or config; all without it"), &only_)
        .Value("PART");
    flags.Bool("even-if-not-good", N_("take a suspect or bad backup, too"),
               &options_.even_if_not_good);
    flags
        .List("stop",
              N_("also stop this process, of which it is not certain that it "
                 "writes here"),
              &stop_)
        .Value("PID");
  }

  ExitCode Run(Context& context) override {
    if (const Status prepared = Prepare(); !prepared.ok()) {
      return context.Usage(prepared.error());
    }
    options_.memory_bytes = context.memory_bytes();
    const Result<ops::RecoverPlan> plan =
        ops::PlanRecovery(context.store(), options_, context.progress());
    if (!plan.ok()) return context.Fail(plan.error());
    if (drill_) {
      return Show(context, ops::DrillRecovery(context.store(), *plan, options_,
                                              context.progress()));
    }
    const render::Document document =
        render::RecoverPlanDocument(*plan, context.face());
    if (const auto stop = context.Confirm(
            document, Say(N_("Recover from {0}?"), plan->backup.id))) {
      return *stop;
    }
    if (const Status locked = context.LockStore(store::Room::kMayUseReserve);
        !locked.ok()) {
      return context.Fail(locked.error());
    }
    return Show(context, ops::Recover(context.store(), *context.lock(), *plan,
                                      options_, context.progress()));
  }

 private:
  static ExitCode Show(Context& context,
                       const Result<ops::RecoverReport>& report) {
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::RecoverDocument(*report, context.face()));
  }

  Status Prepare() {
    for (const std::string& word : stop_) {
      int pid = 0;
      const auto parsed =
          std::from_chars(word.data(), word.data() + word.size(), pid);
      if (parsed.ec != std::errc{} || pid <= 1 ||
          parsed.ptr != word.data() + word.size()) {
        return Fail(Code::kInvalidArgument,
                    Say(N_("'{0}' is not the id of a process"), word));
      }
      options_.also_stop.push_back(pid);
    }
    if (only_.empty()) return {};
    options_.parts = {false, false, false, false};
    for (const std::string& part : only_) {
      if (part == "master") {
        options_.parts.master = true;
      } else if (part == "parquet") {
        options_.parts.data = true;
      } else if (part == "config") {
        options_.parts.config = true;
      } else {
        return Fail(Code::kInvalidArgument,
                    Say(N_("--only takes master, parquet or config, not "
                           "'{0}'"),
                        part));
      }
    }
    return {};
  }

  ops::RecoverOptions options_;
  bool drill_ = false;
  std::vector<std::string> only_;
  std::vector<std::string> stop_;
};

}  // namespace

const Command kRecoverCommand = {
    .name = "recover",
    .group = Group::kKeep,
    .summary = N_("bring the store back after a disaster"),
    .help =
        N_("Shows what it would do and what would be lost, then: stops the "
           "processes that write here, restores the newest good backup (not "
           "simply the newest) beside the store, merges the increments since "
           "then into it again, checks what came out, and puts all of it in "
           "place at once. What was there is kept, and undo brings it "
           "back.\n\n"
           "A process is a writer when it has files of the store open for "
           "writing, when an increment bears its pid, or when it is Python and "
           "its script has a name of [recover] writers. An editor or a grep "
           "with such a word in its arguments is none. Writers are asked to "
           "end, and killed after [recover] stop_wait_seconds."),
    .examples = {{"benchkeep recover --drill",
                  N_("See how it would go, on a copy:")},
                 {"benchkeep recover", N_("Show the plan, ask, and do it:")},
                 {"benchkeep recover --only master --yes",
                  N_("Bring back the master database alone:")}},
    .needs = Needs::kStore,
    .action = MakeAction<RecoverAction>,
};

}  // namespace benchkeep::cli
