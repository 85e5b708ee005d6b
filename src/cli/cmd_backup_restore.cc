// benchkeep backup restore: bring a backup back, whole or in parts.

#include <algorithm>

#include "cli/backup_commands.h"
#include "ops/backup_restore.h"
#include "render/backup.h"

namespace benchkeep::cli {
namespace {

constexpr std::uint64_t kMaxListBytes = std::uint64_t{64} << 20;

class RestoreAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags
        .Argument("id",
                  N_("the backup: its id, the start of it, or latest (the "
                     "newest good one)"),
                  &options_.backup)
        .Required();
    flags.List("only", N_("master, parquet or config; all without it"), &only_)
        .Value("PART");
    flags
        .List("model", N_("merge in the tests of this model only"),
              &options_.filter.models)
        .Value("NAME");
    flags
        .List("prompt-type", N_("merge in the tests of this prompt type only"),
              &options_.filter.prompt_types)
        .Value("NAME");
    flags
        .List("test-ids",
              N_("merge in these tests only: ids, or a file with one a line"),
              &test_ids_)
        .Value("FILE");
    flags
        .Text("to",
              N_("restore into this new folder; the store stays as it is"),
              &to_)
        .Value("DIR");
    flags.Bool("even-if-not-good", N_("take a suspect or bad backup, too"),
               &options_.even_if_not_good);
  }

  ExitCode Run(Context& context) override {
    if (const Status checked = Prepare(context); !checked.ok()) {
      return context.Usage(checked.error());
    }
    options_.memory_bytes = context.memory_bytes();
    const Result<ops::RestoreReport> plan = ops::RestoreBackup(
        context.store(), nullptr, options_, context.progress());
    if (!plan.ok()) return context.Fail(plan.error());
    const render::Document document =
        render::BackupRestoreDocument(*plan, context.face());
    if (context.dry_run()) return context.Emit(document);
    // "latest" stays what the plan was made for.
    options_.backup = plan->backup;
    if (!options_.to) {
      if (const auto stop = context.Confirm(
              document, Say(N_("Restore {0}?"), plan->backup))) {
        return *stop;
      }
    }
    if (const Status locked = context.LockStore(); !locked.ok()) {
      return context.Fail(locked.error());
    }
    const Result<ops::RestoreReport> report = ops::RestoreBackup(
        context.store(), context.lock(), options_, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::BackupRestoreDocument(*report, context.face()));
  }

 private:
  Status Prepare(Context& context) {
    if (!only_.empty()) {
      options_.parts = {
          .master = false, .data = false, .config = false, .settings = false};
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
    }
    for (const std::string& word : test_ids_) {
      BENCHKEEP_TRY(AddTestIds(context, word));
    }
    if (to_) {
      std::error_code error;
      options_.to = std::filesystem::absolute(*to_, error).lexically_normal();
      if (!options_.to->has_filename()) {
        options_.to = options_.to->parent_path();
      }
    }
    if (options_.filter.empty()) return {};
    if (options_.to) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("--to takes whole parts, not single tests")));
    }
    options_.parts.config = false;
    options_.parts.settings = false;
    if (options_.parts.master || options_.parts.data) return {};
    return Fail(Code::kInvalidArgument,
                Say(N_("--only config holds no tests")));
  }

  // A file with ids, or an id.
  Status AddTestIds(Context& context, const std::string& word) {
    std::vector<std::string>& ids = options_.filter.test_ids;
    const Result<std::string> text =
        fs::ReadFile(context.file_system(), word, kMaxListBytes);
    if (!text.ok()) {
      ids.push_back(word);
      return {};
    }
    std::size_t at = 0;
    while (at < text->size()) {
      const std::size_t end = std::min(text->find('\n', at), text->size());
      std::string line = text->substr(at, end - at);
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) ids.push_back(std::move(line));
      at = end + 1;
    }
    if (!ids.empty()) return {};
    return Fail(Code::kInvalidArgument, Say(N_("{0} holds no test ids"), word));
  }

  ops::RestoreOptions options_;
  std::vector<std::string> only_;
  std::vector<std::string> test_ids_;
  std::optional<std::string> to_;
};

}  // namespace

Command BackupRestoreCommand() {
  return {
      .name = "restore",
      .summary = N_("bring a backup back, whole or in parts"),
      .help =
          N_("Takes everything out of the backup, checks every sum, then puts "
             "it in place in one step; what was there can be had again by "
             "undo. Increments of today stay: they hold what came after the "
             "backup. With --model, --prompt-type or --test-ids the tests that "
             "the store of today lacks are merged into it, and newer ones are "
             "not touched. It shows its plan and asks; --yes answers."),
      .examples = {{"benchkeep backup restore latest --dry-run",
                    N_("What would be brought back:")},
                   {"benchkeep backup restore 20260131-020000 --only master",
                    N_("The master database of that night:")},
                   {"benchkeep backup restore latest --model gpt-4o-mini",
                    N_("Tests of one model that were lost:")},
                   {"benchkeep backup restore latest --to /tmp/look",
                    N_("Look at it beside the store:")}},
      .needs = Needs::kStore,
      .action = MakeAction<RestoreAction>,
  };
}

}  // namespace benchkeep::cli
