// Migration in both directions.

#include "ops/migrate.h"

#include <memory>
#include <utility>

#include "base/clock.h"
#include "fs/atomic_file.h"
#include "ops/export_staging.h"
#include "ops/job_limits.h"
#include "ops/merge_commit.h"
#include "store/leaf_tables.h"
#include "store/master_database.h"
#include "store/master_writer.h"
#include "store/parquet_results.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::Shape;
using store::TableCount;
using store::Transaction;

constexpr const char* kStagedTable = "migrated.parquet";
constexpr const char* kStagedMaster = "master_database.json";
constexpr std::uint32_t kFileMode = 0666;  // Less the umask.

Unexpected Refuse(const store::Layout& layout, const fs::Path& target,
                  MigrateTo to) {
  Message fix = to == MigrateTo::kResults
                    ? Say(N_("--merge adds the new rows to it; --replace puts "
                             "it into the undo store"))
                    : Say(N_("--replace puts it into the undo store; -o FILE "
                             "writes another file"));
  return Fail(Code::kAlreadyExists,
              Say(N_("{0} is there already and was left alone"),
                  layout.Relative(target)),
              std::move(fix), target);
}

// The version that is there now; nullopt without one.
Result<std::optional<fs::FileInfo>> InfoOf(fs::FileSystem& file_system,
                                           const fs::Path& path) {
  Result<fs::FileInfo> info = file_system.Info(path);
  if (info.ok()) return std::optional(*info);
  if (info.error().code == Code::kNotFound) {
    return std::optional<fs::FileInfo>();
  }
  return tl::make_unexpected(std::move(info).error());
}

// An empty source is an accident more often than a wish.
Unexpected NoTests(const store::Layout& layout, const fs::Path& source) {
  return Fail(Code::kNotFound,
              Say(N_("{0} holds no tests: there is nothing to migrate"),
                  layout.Relative(source)),
              Say(N_("benchkeep diagnose")), source);
}

Status CheckCount(const TableCount& found, const TableCount& expected) {
  if (found.SameAs(expected)) return {};
  return Fail(
      Code::kInternal,
      Say(N_("the new file holds {0} rows with {1} keys instead of {2} rows "
             "with {3}, or other counts per model: nothing was changed"),
          found.rows, found.distinct_keys, expected.rows,
          expected.distinct_keys));
}

std::uint64_t TestsIn(const TableCount& count) {
  std::uint64_t tests = 0;
  for (const store::ModelCount& model : count.models) tests += model.tests;
  return tests;
}

// Leaves whose counts needed interpretation, as findings.
void ReportTallies(const store::MasterDatabase& master, Findings& findings) {
  for (const store::Leaf& leaf : master.leaves) {
    const store::Tally tally = store::TallyOf(leaf);
    if (tally.clipped) {
      findings.push_back(
          {"leaf_counts_exceed_total", Severity::kWarning, leaf.pointer,
           Say(N_("the outcomes of {0} exceed its total of {1}: they were cut "
                  "down to it"),
               leaf.pointer, tally.tests()),
           Say(N_("benchkeep diagnose"))});
    } else if (tally.short_of_total) {
      findings.push_back(
          {"leaf_outcomes_unknown", Severity::kWarning, leaf.pointer,
           Say(N_("how {0} of the {1} tests of {2} ended is unknown"),
               tally.unknown, tally.tests(), leaf.pointer),
           Say(N_("benchkeep diagnose"))});
    }
  }
}

class ToResults {
 public:
  ToResults(const store::Store& store, const store::StoreLock* lock,
            const MigrateOptions& options, Progress& progress)
      : store_(store),
        layout_(store.layout()),
        lock_(lock),
        options_(options),
        progress_(progress) {}

  Result<MigrateReport> Run() {
    BENCHKEEP_ASSIGN(const store::MasterDatabase master,
                     store::LoadMaster(store_.file_system(), layout_.master()));
    const TableCount expected = store::ExpectedCount(master, options_.shape);
    report_.to = MigrateTo::kResults;
    report_.shape = options_.shape;

    report_.dry_run = lock_ == nullptr;
    report_.source = layout_.Relative(layout_.master());
    report_.target = layout_.Relative(layout_.results());
    report_.cells = master.leaves.size();
    report_.rows = expected.rows;
    report_.total_tests = TestsIn(expected);
    report_.models = expected.models.size();
    report_.findings = master.findings;
    if (options_.shape == Shape::kRecords) {
      ReportTallies(master, report_.findings);
    }
    BENCHKEEP_TRY(CheckKey());
    if (report_.rows == 0) return NoTests(layout_, layout_.master());
    BENCHKEEP_TRY(CheckTarget());
    report_.replaces = present_ && !Merging();
    if (lock_ == nullptr) return std::move(report_);
    BENCHKEEP_TRY(Apply(master, expected));
    return std::move(report_);
  }

 private:
  // The rows have the columns of PILOT-Bench, whatever the settings say.
  Status CheckKey() {
    const store::Settings defaults;
    const store::Settings& settings = store_.settings();
    const bool fits = options_.shape == Shape::kRecords
                          ? settings.key == defaults.key
                          : settings.summary_key == defaults.summary_key;
    if (fits) return {};
    return Fail(Code::kInvalidArgument,
                Say(N_("the key of this store is not the one that migrate "
                       "writes")),
                Say(N_("leave [store] key and summary_key as they are")));
  }

  Status CheckTarget() {
    BENCHKEEP_ASSIGN(present_, InfoOf(store_.file_system(), layout_.results()));
    if (present_ && options_.existing == Existing::kRefuse) {
      return Refuse(layout_, layout_.results(), MigrateTo::kResults);
    }
    if (!present_) return {};
    BENCHKEEP_TRY(OpenResults());
    if (!Merging()) return {};
    BENCHKEEP_ASSIGN(const store::ResultsStatistics statistics,
                     results_->Statistics());
    if (statistics.shape == options_.shape) return {};
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} has the shape {1}, and {2} was asked for"),
                    report_.target, store::ShapeName(statistics.shape),
                    store::ShapeName(options_.shape)),
                Say(N_("--shape {0}"), store::ShapeName(statistics.shape)),
                layout_.results());
  }

  // A results file that cannot be read may still be replaced.
  Status OpenResults() {
    auto opened =
        store::ParquetResults::Open(store_, LimitsFor(options_.memory_bytes));
    if (opened.ok()) {
      results_ = std::move(*opened);
      return {};
    }
    if (options_.existing == Existing::kReplace &&
        opened.error().code == Code::kCorruption) {
      return {};
    }
    return tl::make_unexpected(std::move(opened).error());
  }

  [[nodiscard]] bool Merging() const {
    return present_ && options_.existing == Existing::kMerge;
  }

  Status Apply(const store::MasterDatabase& master,
               const TableCount& expected) {
    BENCHKEEP_ASSIGN(Transaction txn,
                     Transaction::Begin(store_, *lock_, "migrate"));
    const store::TableOptions table{
        txn.staging(), kStagedTable,
        LimitsFor(options_.memory_bytes).memory_bytes};
    auto write = options_.shape == Shape::kRecords ? store::WriteRecords
                                                   : store::WriteSummary;
    BENCHKEEP_ASSIGN(const std::uint64_t rows,
                     write(master, store_.file_system(), table, progress_));
    progress_.Stage(Say(N_("reading it back")), 0);
    BENCHKEEP_ASSIGN(const TableCount found,
                     store::CountTable(table, options_.shape));
    BENCHKEEP_CHECK(rows == expected.rows);
    BENCHKEEP_TRY(CheckCount(found, expected));
    report_.verified = true;

    Note(txn);
    return Merging() ? Merge(table, txn) : Publish(table, found, txn);
  }

  // The new file becomes the results.
  Status Publish(const store::TableOptions& table, const TableCount& found,
                 Transaction& txn) {
    const fs::Path folder = layout_.results().parent_path();
    BENCHKEEP_TRY(store_.file_system().MakeDirs(folder, 0777));
    store::RowCount before;
    if (results_ != nullptr) {
      BENCHKEEP_ASSIGN(const store::MergeOutcome outcome,
                       results_->Deduplicate(txn.staging(),
                                             store::Rehearse::kYes, progress_));
      before = outcome.before;
    }
    const store::RowCount written{found.rows, found.keys};
    Book(before, written, before, written, txn);

    BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                     store::WriterLocks::Acquire(store_));
    if (results_ != nullptr) BENCHKEEP_TRY(results_->StillUnchanged());
    BENCHKEEP_TRY(
        txn.Replace(table.folder / table.name, layout_.results(), present_));
    BENCHKEEP_TRY(txn.Commit());
    report_.txn = txn.id();
    return {};
  }

  // The new file is merged like an increment.
  Status Merge(const store::TableOptions& table, Transaction& txn) {
    BENCHKEEP_ASSIGN(
        report_.merged,
        results_->Merge({{table.folder / table.name, kStagedTable, 0}},
                        txn.staging(), store::Rehearse::kNo, progress_));
    const store::MergeOutcome& outcome = *report_.merged;
    if (!outcome.rejected.empty()) {
      return Fail(outcome.rejected[0].code, outcome.rejected[0].reason,
                  layout_.results());
    }
    AddOutcomeFindings(outcome, report_.findings);
    if (!outcome.staged) return {};  // It was all there already.
    Book(outcome.before, outcome.seen, outcome.superseded, outcome.after, txn);
    BENCHKEEP_TRY(CommitMerge(store_, *results_, outcome, txn));
    report_.txn = txn.id();
    return {};
  }

  void Book(const store::RowCount& before, const store::RowCount& seen,
            const store::RowCount& superseded, const store::RowCount& after,
            Transaction& txn) const {
    txn.Book({"before", report_.target, before});
    txn.Book({"seen", report_.source, seen});
    txn.Book({"superseded", report_.target, superseded});
    txn.Book({"after", report_.target, after});
  }

  void Note(Transaction& txn) const {
    txn.Note("shape", Json::String(store::ShapeName(options_.shape)));
    txn.Note("cells", Json::Uint(report_.cells));
    txn.Note("rows", Json::Uint(report_.rows));
    txn.Note("total_tests", Json::Uint(report_.total_tests));
  }

  const store::Store& store_;
  const store::Layout& layout_;
  const store::StoreLock* lock_;
  std::unique_ptr<store::Results> results_;  // Null: none, or unreadable.
  const MigrateOptions& options_;
  Progress& progress_;
  std::optional<fs::FileInfo> present_;  // The results file as it is.
  MigrateReport report_;
};

// Reads the text of the new document as any master database, and compares the
// counts with those of the results, which were made another way.
Status VerifyMaster(const std::string& text, const store::MasterDocument& built,
                    const store::ResultsStatistics& results) {
  BENCHKEEP_ASSIGN(const Json again, ParseJson(text));
  BENCHKEEP_ASSIGN(const store::MasterDatabase master,
                   store::ParseMaster(text));
  const store::MasterStatistics counted = store::StatisticsOf(master);
  if (again == built.document && counted.leaves == built.leaves &&
      (counted.total_tests == results.total_tests || !built.findings.empty())) {
    return {};
  }
  return Fail(Code::kInternal,
              Say(N_("the new document counts {0} tests instead of {1}: "
                     "nothing was changed"),
                  counted.total_tests, results.total_tests));
}

Status WriteStaged(fs::FileSystem& file_system, const fs::Path& path,
                   const std::string& text) {
  BENCHKEEP_ASSIGN(std::unique_ptr<fs::WritableFile> file,
                   file_system.Create(path, kFileMode));
  BENCHKEEP_TRY(file->Append(text));
  BENCHKEEP_TRY(file->Sync());
  return file->Close();
}

Status CheckWritten(fs::FileSystem& file_system, const fs::Path& path,
                    const std::string& text) {
  BENCHKEEP_ASSIGN(const std::string written,
                   fs::ReadFile(file_system, path, text.size() + 1));
  if (written == text) return {};
  return Fail(Code::kIo,
              Say(N_("{0} does not read back as it was written"), path), path);
}

Result<MigrateReport> ToMaster(const store::Store& store,
                               const store::StoreLock* lock,
                               const MigrateOptions& options,
                               Progress& progress) {
  const store::Layout& layout = store.layout();
  fs::FileSystem& files = store.file_system();
  const fs::Path target = options.output.value_or(layout.master());
  if (options.output) BENCHKEEP_TRY(CheckExportTarget(files, layout, target));
  BENCHKEEP_ASSIGN(const auto present, InfoOf(files, target));
  if (present && options.existing != Existing::kReplace) {
    return Refuse(layout, target, MigrateTo::kMaster);
  }
  BENCHKEEP_ASSIGN(
      const std::unique_ptr<store::Results> results,
      store::ParquetResults::Open(store, LimitsFor(options.memory_bytes)));
  BENCHKEEP_ASSIGN(const store::ResultsStatistics statistics,
                   results->Statistics());
  BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                   results->Scan({}));
  BENCHKEEP_ASSIGN(
      const store::MasterDocument built,
      store::BuildMaster(*scan, statistics.shape, store.settings(),
                         FormatIso(store.clock().Now()), progress));
  const std::string text = built.document.Dump(2) + "\n";
  BENCHKEEP_TRY(VerifyMaster(text, built, statistics));

  MigrateReport report;
  report.to = MigrateTo::kMaster;
  report.shape = statistics.shape;
  report.replaces = present.has_value();
  report.dry_run = lock == nullptr;
  report.source = layout.Relative(layout.results());
  report.target = layout.Relative(target);
  report.cells = built.leaves;
  report.rows = built.rows;
  report.total_tests = built.total_tests;
  for (const store::ModelStatistics& model : statistics.models) {
    if (model.total_tests > 0) ++report.models;
  }
  report.findings = built.findings;
  if (built.rows == 0) return NoTests(layout, layout.results());
  if (lock == nullptr) return report;
  if (options.output) {
    BENCHKEEP_TRY(fs::ReplaceFile(files, target, text));
    BENCHKEEP_TRY(CheckWritten(files, target, text));
    report.verified = true;
    return report;
  }

  BENCHKEEP_ASSIGN(Transaction txn,
                   Transaction::Begin(store, *lock, "migrate"));
  const fs::Path staged = txn.staging() / kStagedMaster;
  BENCHKEEP_TRY(WriteStaged(files, staged, text));
  BENCHKEEP_TRY(CheckWritten(files, staged, text));
  report.verified = true;
  BENCHKEEP_TRY(files.MakeDirs(target.parent_path(), 0777));
  txn.Note("cells", Json::Uint(report.cells));
  txn.Note("total_tests", Json::Uint(report.total_tests));
  BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                   store::WriterLocks::Acquire(store));
  BENCHKEEP_TRY(txn.Replace(staged, target, present));
  BENCHKEEP_TRY(txn.Commit());
  report.txn = txn.id();
  return report;
}

}  // namespace

Result<MigrateReport> Migrate(const store::Store& store,
                              const store::StoreLock* lock,
                              const MigrateOptions& options,
                              Progress& progress) {
  return options.to == MigrateTo::kResults
             ? ToResults(store, lock, options, progress).Run()
             : ToMaster(store, lock, options, progress);
}

}  // namespace benchkeep::ops
