// benchkeep diagnose: what is wrong, where, and what cures it.

#include "cli/commands.h"
#include "ops/diagnose.h"
#include "render/diagnose.h"

namespace benchkeep::cli {
namespace {

class DiagnoseAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("deep", N_("also read every page of every Parquet file"),
               &options_.deep);
    flags.Bool("all", N_("show every finding, not the first 10 of a kind"),
               &options_.all);
  }

  ExitCode Run(Context& context) override {
    options_.memory_bytes = context.memory_bytes();
    const Result<ops::DiagnoseReport> report =
        ops::Diagnose(context.store(), options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::DiagnoseDocument(*report, context.face()));
  }

 private:
  ops::DiagnoseOptions options_;
};

}  // namespace

const Command kDiagnoseCommand = {
    .name = "diagnose",
    .group = Group::kKeep,
    .summary = N_("find out what is wrong, and which command cures it"),
    .help =
        N_("Reads the master database, the results, the increments, the side "
           "files and all copies below the root, and changes nothing. Cells, "
           "models and summary are added up and held against each other; the "
           "cells count. Every finding names its place (a JSON Pointer into "
           "the master database, or a file and a byte) and the command that "
           "cures it.\n\n"
           "The exit code is 0 when nothing is damaged, and 3 when something "
           "is. Python's NaN and Infinity are fine."),
    .examples = {{"benchkeep diagnose", N_("What is wrong with this store:")},
                 {"benchkeep diagnose --deep",
                  N_("Read every byte of the results, too:")},
                 {"benchkeep diagnose --json | jq .data.levels",
                  N_("The totals of the three levels, for a script:")}},
    .needs = Needs::kStore,
    .action = MakeAction<DiagnoseAction>,
};

}  // namespace benchkeep::cli
