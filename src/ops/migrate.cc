// Migration in both directions.

#include "ops/migrate.h"

#include <utility>

#include "base/clock.h"
#include "fs/atomic_file.h"
#include "store/leaf_tables.h"
#include "store/master_database.h"
#include "store/master_writer.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

using store::LedgerEntry;
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
            store::Results* results, const MigrateOptions& options,
            Progress& progress)
      : store_(store),
        layout_(store.layout()),
        lock_(lock),
        results_(results),
        options_(options),
        progress_(progress) {}

  Result<MigrateReport> Run() {
    BENCHKEEP_ASSIGN(const store::MasterDatabase master,
                     store::LoadMaster(store_.file_system(), layout_.master()));
    const TableCount expected = store::ExpectedCount(master, options_.shape);
    report_.to = MigrateTo::kResults;
    report_.shape = options_.shape;
    report_.existing = options_.existing;
    report_.dry_run = options_.dry_run;
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
    if (options_.dry_run) return std::move(report_);
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
    if (!Merging()) return {};
    BENCHKEEP_CHECK(results_ != nullptr);
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

  [[nodiscard]] bool Merging() const {
    return present_ && options_.existing == Existing::kMerge;
  }

  Status Apply(const store::MasterDatabase& master,
               const TableCount& expected) {
    BENCHKEEP_CHECK(lock_ != nullptr);
    BENCHKEEP_ASSIGN(Transaction transaction,
                     Transaction::Begin(store_, *lock_, "migrate"));
    const store::TableOptions table{transaction.staging(), kStagedTable,
                                    options_.memory_bytes};
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

    if (Merging()) {
      BENCHKEEP_TRY(PlanMerge(transaction, table));
      if (!report_.merged->staged) return {};  // It was all there already.
    } else {
      BENCHKEEP_TRY(PlanReplace(transaction, table, found));
    }
    Note(transaction);
    BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                     store::WriterLocks::Acquire(store_));
    if (present_ && results_ != nullptr) {
      BENCHKEEP_TRY(results_->StillUnchanged());
    }
    BENCHKEEP_TRY(transaction.Commit());
    report_.transaction = transaction.id();
    return {};
  }

  Status PlanReplace(Transaction& transaction, const store::TableOptions& table,
                     const TableCount& found) {
    const fs::Path folder = layout_.results().parent_path();
    BENCHKEEP_TRY(store_.file_system().MakeDirs(folder, 0777));
    store::RowCount before;
    if (present_ && results_ != nullptr) {
      BENCHKEEP_ASSIGN(const store::MergeOutcome outcome,
                       results_->Deduplicate(transaction.staging(),
                                             store::Rehearse::kYes, progress_));
      before = outcome.before;
    }
    const store::RowCount written{found.rows, found.keys};
    Book(transaction, before, written, before, written);
    BENCHKEEP_TRY(transaction.Replace(table.folder / table.name, layout_.results(), present_));
    return {};
  }

  Status PlanMerge(Transaction& transaction, const store::TableOptions& table) {
    BENCHKEEP_ASSIGN(
        store::MergeOutcome outcome,
        results_->Merge({{table.folder / table.name, kStagedTable, 0}},
                        transaction.staging(), store::Rehearse::kNo,
                        progress_));
    if (!outcome.rejected.empty()) {
      return Fail(outcome.rejected[0].code, outcome.rejected[0].reason,
                  layout_.results());
    }
    if (outcome.staged) {
      Book(transaction, outcome.before, outcome.seen, outcome.superseded,
           outcome.after);
      BENCHKEEP_TRY(transaction.Replace(*outcome.staged, layout_.results(), outcome.base));
    }
    report_.merged = std::move(outcome);
    return {};
  }

  void Book(Transaction& transaction, const store::RowCount& before,
            const store::RowCount& seen, const store::RowCount& superseded,
            const store::RowCount& after) const {
    transaction.Book({"before", report_.target, before});
    transaction.Book({"seen", report_.source, seen});
    transaction.Book({"superseded", report_.target, superseded});
    transaction.Book({"after", report_.target, after});
  }

  void Note(Transaction& transaction) const {
    transaction.Note("shape", Json::String(store::ShapeName(options_.shape)));
    transaction.Note("cells", Json::Uint(report_.cells));
    transaction.Note("rows", Json::Uint(report_.rows));
    transaction.Note("total_tests", Json::Uint(report_.total_tests));
  }

  const store::Store& store_;
  const store::Layout& layout_;
  const store::StoreLock* lock_;
  store::Results* results_;
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
                               store::Results& results,
                               const MigrateOptions& options,
                               Progress& progress) {
  const store::Layout& layout = store.layout();
  fs::FileSystem& files = store.file_system();
  const fs::Path target = options.output.value_or(layout.master());
  BENCHKEEP_ASSIGN(const auto present, InfoOf(files, target));
  if (present && options.existing != Existing::kReplace) {
    return Refuse(layout, target, MigrateTo::kMaster);
  }
  BENCHKEEP_ASSIGN(const store::ResultsStatistics statistics,
                   results.Statistics());
  BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                   results.Scan({}));
  BENCHKEEP_ASSIGN(
      const store::MasterDocument built,
      store::BuildMaster(*scan, statistics.shape, store.settings(),
                         FormatIso(store.clock().Now()), progress));
  const std::string text = built.document.Dump(2) + "\n";
  BENCHKEEP_TRY(VerifyMaster(text, built, statistics));

  MigrateReport report;
  report.to = MigrateTo::kMaster;
  report.shape = statistics.shape;
  report.existing = options.existing;
  report.dry_run = options.dry_run;
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
  if (options.dry_run) return report;
  if (options.output) {
    BENCHKEEP_TRY(fs::ReplaceFile(files, target, text));
    BENCHKEEP_TRY(CheckWritten(files, target, text));
    report.verified = true;
    return report;
  }

  BENCHKEEP_CHECK(lock != nullptr);
  BENCHKEEP_ASSIGN(Transaction transaction,
                   Transaction::Begin(store, *lock, "migrate"));
  const fs::Path staged = transaction.staging() / kStagedMaster;
  BENCHKEEP_TRY(WriteStaged(files, staged, text));
  BENCHKEEP_TRY(CheckWritten(files, staged, text));
  report.verified = true;
  BENCHKEEP_TRY(files.MakeDirs(target.parent_path(), 0777));
  BENCHKEEP_TRY(transaction.Replace(staged, target, present));
  transaction.Note("cells", Json::Uint(report.cells));
  transaction.Note("total_tests", Json::Uint(report.total_tests));
  BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                   store::WriterLocks::Acquire(store));
  BENCHKEEP_TRY(transaction.Commit());
  report.transaction = transaction.id();
  return report;
}

}  // namespace

Result<MigrateReport> Migrate(const store::Store& store,
                              const store::StoreLock* lock,
                              store::Results* results,
                              const MigrateOptions& options,
                              Progress& progress) {
  if (options.to == MigrateTo::kResults) {
    return ToResults(store, lock, results, options, progress).Run();
  }
  if (results == nullptr) {
    return Fail(Code::kNotFound,
                Say(N_("there are no results yet at {0}"),
                    store.layout().Relative(store.layout().results())),
                store.layout().results());
  }
  return ToMaster(store, lock, *results, options, progress);
}

}  // namespace benchkeep::ops
