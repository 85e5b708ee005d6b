// Dedupe: of rows with equal keys, keep the last.

#include "ops/dedupe.h"

#include <optional>

#include "ops/job_limits.h"
#include "ops/merge_commit.h"
#include "store/parquet_results.h"
#include "store/transaction.h"

namespace benchkeep::ops {

Result<DedupeReport> Dedupe(const store::Store& store,
                            const store::StoreLock* lock,
                            const DedupeOptions& options, Progress& progress) {
  DedupeReport report;
  report.dry_run = lock == nullptr;
  BENCHKEEP_ASSIGN(
      const auto results,
      store::ParquetResults::Open(store, LimitsFor(options.memory_bytes)));
  if (lock == nullptr) {
    BENCHKEEP_ASSIGN(report.outcome,
                     results->Deduplicate({}, store::Rehearse::kYes, progress));
    AddOutcomeFindings(report.outcome, report.findings);
    return report;
  }
  BENCHKEEP_ASSIGN(store::Transaction txn,
                   store::Transaction::Begin(store, *lock, "dedupe"));
  BENCHKEEP_ASSIGN(
      report.outcome,
      results->Deduplicate(txn.staging(), store::Rehearse::kNo, progress));
  AddOutcomeFindings(report.outcome, report.findings);
  if (!report.outcome.staged) return report;
  BookMerge(store, report.outcome, {}, txn);
  report.txn = txn.id();
  BENCHKEEP_TRY(CommitMerge(store, *results, report.outcome, txn));
  return report;
}

}  // namespace benchkeep::ops
