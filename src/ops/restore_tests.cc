// Restoring some tests: merged into the store of today, whose own tests stand.

#include <fmt/format.h>

#include <utility>

#include "engine/database.h"
#include "ops/job_limits.h"
#include "ops/restore_master.h"
#include "ops/restore_steps.h"
#include "ops/store_counts.h"
#include "store/parquet_results.h"
#include "store/scratch_folder.h"

namespace benchkeep::ops {
namespace {

using store::MergeOutcome;
using store::ParquetResults;
using Action = RestoredFile::Action;

constexpr std::uint64_t kMaxMasterBytes = std::uint64_t{1} << 30;
constexpr std::uint32_t kFileMode = 0644;
constexpr const char* kPromptType = "prompt_type";

std::string OneOf(const std::string& column,
                  const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) {
    list += (list.empty() ? "" : ", ") + engine::Literal(value);
  }
  return fmt::format("{} IN ({})", engine::Identifier(column), list);
}

// Works in a scratch folder on a copy of the backup, and stages the outcome in
// the transaction, when there is one.
class TestRestorer {
 public:
  TestRestorer(const store::Store& store, const store::BackupEntry& backup,
               const RestoreOptions& options, store::Transaction* txn,
               RestoreReport& report, Progress& progress)
      : store_(store),
        layout_(store.layout()),
        files_(store.file_system()),
        backup_(backup),
        options_(options),
        limits_(LimitsFor(options.memory_bytes)),
        txn_(txn),
        report_(report),
        progress_(progress) {}

  Status Run() {
    BENCHKEEP_ASSIGN(const store::ScratchFolder scratch,
                     store::ScratchFolder::Create(store_));
    root_ = scratch.path() / "backup";
    BENCHKEEP_TRY(TakeOut(store_, backup_, options_.parts, root_, progress_));
    if (options_.parts.master) BENCHKEEP_TRY(RestoreCells());
    if (options_.parts.data) BENCHKEEP_TRY(RestoreRows(scratch.path()));
    return {};
  }

 private:
  Status RestoreCells() {
    if (!options_.filter.test_ids.empty()) return {};  // Cells have none.
    const store::Store then = store_.Elsewhere(root_);
    BENCHKEEP_ASSIGN(const auto there,
                     InfoIfAny(files_, then.layout().master()));
    if (!there) return {};
    BENCHKEEP_ASSIGN(const auto present, InfoIfAny(files_, layout_.master()));
    if (!present) {
      report_.findings.push_back(
          {"master_missing", Severity::kWarning,
           layout_.Relative(layout_.master()),
           Say(N_("there is no master database to merge cells into")),
           Say(N_("restore it whole first: benchkeep backup restore {0} --only "
                  "master"),
               backup_.id)});
      return {};
    }
    BENCHKEEP_ASSIGN(
        const std::string before,
        fs::ReadFile(files_, then.layout().master(), kMaxMasterBytes));
    BENCHKEEP_ASSIGN(const std::string now,
                     fs::ReadFile(files_, layout_.master(), kMaxMasterBytes));
    BENCHKEEP_ASSIGN(const MergedMaster merged,
                     MergeMaster(now, before, options_.filter,
                                 layout_.Relative(layout_.master())));
    report_.master_before = merged.tests_before;
    report_.master_after = merged.tests_after;
    report_.cells_restored = merged.cells;
    report_.tests_restored = merged.tests_added;
    if (merged.cells == 0) return {};
    Add(layout_.master(), Action::kMerge);
    if (txn_ == nullptr) return {};
    const fs::Path staged = txn_->staging() / "master.json";
    BENCHKEEP_ASSIGN(const auto file, files_.Create(staged, kFileMode));
    BENCHKEEP_TRY(file->Append(merged.document.Dump(2) + "\n"));
    BENCHKEEP_TRY(file->Sync());
    BENCHKEEP_TRY(file->Close());
    return txn_->Replace(staged, layout_.master(), present);
  }

  // The results that the backup would have after merging its increments.
  Status MergeThen(const store::Store& then) {
    BENCHKEEP_ASSIGN(const auto increments, UsableIncrements(then));
    if (increments.empty()) return {};
    const fs::Path staging = root_ / "merged";
    BENCHKEEP_TRY(files_.MakeDirs(staging, 0700));
    BENCHKEEP_ASSIGN(const auto results, ParquetResults::Open(then, limits_));
    BENCHKEEP_ASSIGN(
        const MergeOutcome outcome,
        results->Merge(increments, staging, store::Rehearse::kNo, progress_));
    if (!outcome.staged) return {};
    BENCHKEEP_TRY(files_.MakeDirs(then.layout().data(), 0700));
    return files_.Rename(*outcome.staged, then.layout().results());
  }

  Result<store::RowFilter> FilterFor() const {
    store::RowFilter filter;
    filter.models = options_.filter.models;
    std::vector<std::string> conditions;
    if (!options_.filter.prompt_types.empty()) {
      conditions.push_back(OneOf(kPromptType, options_.filter.prompt_types));
    }
    if (!options_.filter.test_ids.empty()) {
      const std::vector<std::string>& key = store_.settings().key;
      if (key.size() != 1) {
        return Fail(Code::kInvalidArgument,
                    Say(N_("--test-ids needs a key of one column")));
      }
      conditions.push_back(OneOf(key[0], options_.filter.test_ids));
    }
    filter.where = fmt::format("{}", fmt::join(conditions, " AND "));
    return filter;
  }

  Status RestoreRows(const fs::Path& scratch) {
    // A summary row of today replaces one of the backup; they never add up.
    store::Settings settings = store_.settings();
    settings.summary_mode = store::SummaryMode::kReplace;
    const store::Store then = store_.With(settings).Elsewhere(root_);
    BENCHKEEP_TRY(MergeThen(then));
    BENCHKEEP_ASSIGN(const auto there,
                     InfoIfAny(files_, then.layout().results()));
    if (!there) return {};
    const store::Store wanted = then.Elsewhere(scratch / "wanted");
    BENCHKEEP_TRY(files_.MakeDirs(wanted.layout().data(), 0700));
    BENCHKEEP_ASSIGN(store::RowFilter filter, FilterFor());
    {
      BENCHKEEP_ASSIGN(const auto results, ParquetResults::Open(then, limits_));
      BENCHKEEP_TRY(LeaveOutKeyless(*results, filter));
      BENCHKEEP_ASSIGN(const std::uint64_t rows,
                       results->WriteTo(filter, store::BulkFormat::kParquet,
                                        wanted.layout().results(), progress_));
      if (rows == 0) return {};
    }
    BENCHKEEP_ASSIGN(const auto present, InfoIfAny(files_, layout_.results()));
    return present ? MergeUnder(wanted, *present) : Publish(wanted);
  }

  // Nobody can tell whether a row without a key is there today.
  Status LeaveOutKeyless(store::Results& results, store::RowFilter& filter) {
    BENCHKEEP_ASSIGN(const store::ResultsStatistics statistics,
                     results.Statistics());
    const store::Settings& settings = store_.settings();
    std::string keyed;
    for (const std::string& column : statistics.shape == store::Shape::kRecords
                                         ? settings.key
                                         : settings.summary_key) {
      keyed += (keyed.empty() ? "" : " AND ") + engine::Identifier(column) +
               " IS NOT NULL";
    }
    std::string wanted = filter.where.empty() ? "true" : filter.where;
    if (!filter.models.empty()) {
      wanted += " AND " + OneOf(settings.model, filter.models);
    }
    BENCHKEEP_ASSIGN(
        const auto scan,
        results.Query(fmt::format("SELECT count(*) FROM results WHERE ({}) AND "
                                  "NOT ({})",
                                  wanted, keyed)));
    BENCHKEEP_ASSIGN(const std::vector<store::Cell>* row, scan->Next());
    if (row != nullptr && row->at(0).integer > 0) {
      report_.findings.push_back(
          {"rows_without_key", Severity::kWarning,
           backup_.id + "/" + std::string(store::kBackupArchive),
           Say(N_("{0} rows of the backup have no key: whether they are there "
                  "today cannot be told, and they were not brought back"),
               row->at(0).integer),
           Say(N_("look at them: benchkeep backup restore {0} --to DIR"),
               backup_.id)});
    }
    filter.where += (filter.where.empty() ? "" : " AND ") + keyed;
    return {};
  }

  // There are no results today: the wanted rows become them.
  Status Publish(const store::Store& wanted) {
    BENCHKEEP_ASSIGN(const store::RowCount rows,
                     CountRows(wanted, options_.memory_bytes, progress_));
    report_.rows_restored = rows.rows;
    report_.rows_after = rows.rows;
    Add(layout_.results(), Action::kCreate);
    if (txn_ == nullptr) return {};
    Book({}, rows, {}, rows);
    const fs::Path staged = txn_->staging() / "rows.parquet";
    BENCHKEEP_TRY(files_.Rename(wanted.layout().results(), staged));
    BENCHKEEP_TRY(files_.SetMode(staged, kFileMode));
    BENCHKEEP_TRY(files_.SyncFile(staged));
    BENCHKEEP_TRY(files_.MakeDirs(layout_.data(), 0777));
    return txn_->Replace(staged, layout_.results(), std::nullopt);
  }

  // Today's results are merged over the wanted rows: of two rows with one key
  // the one of today is the last, and stands.
  Status MergeUnder(const store::Store& wanted, const fs::FileInfo& present) {
    std::uint64_t distinct = 0;
    {
      BENCHKEEP_ASSIGN(const auto today, ParquetResults::Open(store_, limits_));
      BENCHKEEP_ASSIGN(
          const MergeOutcome alone,
          today->Deduplicate({}, store::Rehearse::kYes, progress_));
      distinct = alone.after.rows;
      report_.rows_before = alone.before.rows;
    }
    BENCHKEEP_ASSIGN(const auto results, ParquetResults::Open(wanted, limits_));
    BENCHKEEP_ASSIGN(
        const MergeOutcome outcome,
        results->Merge(
            {{layout_.results(), layout_.results().filename().string(), 0}},
            txn_ == nullptr ? fs::Path() : txn_->staging(),
            txn_ == nullptr ? store::Rehearse::kYes : store::Rehearse::kNo,
            progress_));
    if (!outcome.rejected.empty()) {
      return Fail(outcome.rejected[0].code, outcome.rejected[0].reason,
                  layout_.results());
    }
    report_.rows_restored = outcome.after.rows - distinct;
    report_.rows_after = report_.rows_before;
    if (report_.rows_restored == 0) return {};
    report_.rows_after = outcome.after.rows;
    Add(layout_.results(), Action::kMerge);
    if (txn_ == nullptr) return {};
    BENCHKEEP_CHECK(outcome.staged.has_value());
    Book(outcome.seen, outcome.before, outcome.superseded, outcome.after);
    return txn_->Replace(*outcome.staged, layout_.results(), present);
  }

  void Book(const store::RowCount& before, const store::RowCount& seen,
            const store::RowCount& superseded, const store::RowCount& after) {
    const std::string name = layout_.Relative(layout_.results());
    txn_->Book({"before", name, before});
    txn_->Book({"seen", layout_.Relative(backup_.folder), seen});
    txn_->Book({"superseded", name, superseded});
    txn_->Book({"after", name, after});
  }

  void Add(const fs::Path& path, Action action) {
    report_.files.push_back({layout_.Relative(path), action, 0});
  }

  const store::Store& store_;
  const store::Layout& layout_;
  fs::FileSystem& files_;
  const store::BackupEntry& backup_;
  const RestoreOptions& options_;
  store::ResultsOptions limits_;
  store::Transaction* txn_;
  RestoreReport& report_;
  Progress& progress_;
  fs::Path root_;
};

}  // namespace

Status StageTests(const store::Store& store, const store::BackupEntry& backup,
                  const RestoreOptions& options, store::Transaction& txn,
                  RestoreReport& report, Progress& progress) {
  return TestRestorer(store, backup, options, &txn, report, progress).Run();
}

Status CountTests(const store::Store& store, const store::BackupEntry& backup,
                  const RestoreOptions& options, RestoreReport& report,
                  Progress& progress) {
  return TestRestorer(store, backup, options, nullptr, report, progress).Run();
}

}  // namespace benchkeep::ops
