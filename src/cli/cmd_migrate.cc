// benchkeep migrate: the master database as results, and back.

#include "cli/commands.h"
#include "ops/migrate.h"
#include "render/migrate.h"

namespace benchkeep::cli {
namespace {

class MigrateAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Choice<store::Shape>(
        "shape", N_("one row per test, or one row per cell with every number"),
        {{"records", store::Shape::kRecords},
         {"summary", store::Shape::kSummary}},
        &options_.shape);
    flags.Choice<ops::MigrateTo>(
        "to", N_("parquet makes results, json goes back to a master database"),
        {{"parquet", ops::MigrateTo::kResults},
         {"json", ops::MigrateTo::kMaster}},
        &options_.to);
    flags.Bool("merge", N_("add the rows to the results that are there"),
               &merge_);
    flags.Bool("replace", N_("put what is there into the undo store"),
               &replace_);
    flags
        .Text("output", N_("with --to json: write this file instead"), &output_)
        .Short('o')
        .Value("FILE");
  }

  ExitCode Run(Context& context) override {
    if (const Status checked = Check(); !checked.ok()) {
      return context.Usage(checked.error());
    }
    options_.memory_bytes = context.memory_bytes();
    if (merge_) options_.existing = ops::Existing::kMerge;
    if (replace_) options_.existing = ops::Existing::kReplace;
    if (output_) options_.output = *output_;

    if (context.dry_run() || replace_) {
      const Result<ops::MigrateReport> plan =
          ops::Migrate(context.store(), nullptr, options_, context.progress());
      if (!plan.ok()) return context.Fail(plan.error());
      const render::Document document =
          render::MigrateDocument(*plan, context.face());
      if (context.dry_run()) return context.Emit(document);
      if (plan->replaces) {
        if (const auto stop = context.Confirm(
                document, Say(N_("Replace {0}?"), plan->target))) {
          return *stop;
        }
      }
    }
    if (const Status locked = context.LockStore(); !locked.ok()) {
      return context.Fail(locked.error());
    }
    const Result<ops::MigrateReport> report = ops::Migrate(
        context.store(), context.lock(), options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::MigrateDocument(*report, context.face()));
  }

 private:
  [[nodiscard]] Status Check() const {
    const bool to_json = options_.to == ops::MigrateTo::kMaster;
    if (merge_ && replace_) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("--merge and --replace exclude each other")));
    }
    if (merge_ && to_json) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("--merge is for results; --to json takes --replace")));
    }
    if (output_ && !to_json) {
      return Fail(Code::kInvalidArgument, Say(N_("-o goes with --to json")));
    }
    return {};
  }

  ops::MigrateOptions options_;
  bool merge_ = false;
  bool replace_ = false;
  std::optional<std::string> output_;
};

}  // namespace

const Command kMigrateCommand = {
    .name = "migrate",
    .group = Group::kTidy,
    .summary = N_("turn the master database into results, or back"),
    .help =
        N_("Reads the leaves of master_database.json (versions 1.0 to 3.0), "
           "whatever its summary claims. Shape records has one row per test, "
           "with ids that are the same every time; shape summary has one row "
           "per cell with every number it holds, and --to json makes the same "
           "document of it again. What the master database does not know stays "
           "null.\n\n"
           "The new file is counted by reading it back before it is "
           "published. A results file that is there already is left alone "
           "without --merge or --replace."),
    .examples = {{"benchkeep migrate --dry-run",
                  N_("See what would be made; nothing is written:")},
                 {"benchkeep migrate --merge",
                  N_("Add the tests that the results do not have yet:")},
                 {"benchkeep migrate --to json -o master.json",
                  N_("A master database of the results, beside the store:")}},
    .needs = Needs::kStore,
    .action = MakeAction<MigrateAction>,
};

}  // namespace benchkeep::cli
