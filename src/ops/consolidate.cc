// Consolidate: merge the waiting increments into the results file.

#include "ops/consolidate.h"

#include <algorithm>
#include <set>

#include "ops/guarded_increments.h"
#include "ops/increment_claims.h"
#include "ops/job_limits.h"
#include "ops/merge_commit.h"
#include "store/parquet_results.h"
#include "store/transaction.h"

namespace benchkeep::ops {
namespace {

class Job {
 public:
  Job(const store::Store& store, const store::StoreLock* lock,
      const ConsolidateOptions& options, Progress& progress)
      : store_(store), lock_(lock), options_(options), progress_(progress) {}

  Result<ConsolidateReport> Run() {
    report_.dry_run = lock_ == nullptr;
    std::optional<store::Transaction> txn;
    if (lock_ != nullptr) {
      BENCHKEEP_ASSIGN(
          store::Transaction begun,
          store::Transaction::Begin(store_, *lock_, "consolidate"));
      txn.emplace(std::move(begun));
    }
    BENCHKEEP_TRY(Claim(txn ? &*txn : nullptr));
    if (claims_.usable.empty() && claims_.broken.empty()) {
      return std::move(report_);
    }
    BENCHKEEP_ASSIGN(
        const auto results,
        store::ParquetResults::Open(store_, LimitsFor(options_.memory_bytes)));
    std::vector<store::IncrementFile> files;
    for (const auto& claim : claims_.usable) files.push_back(claim.file);
    if (!files.empty()) {
      BENCHKEEP_ASSIGN(
          report_.outcome,
          results->Merge(files, txn ? txn->staging() : fs::Path(),
                         txn ? store::Rehearse::kNo : store::Rehearse::kYes,
                         progress_));
    }
    BENCHKEEP_TRY(Sort(txn ? &*txn : nullptr));
    AddOutcomeFindings(report_.outcome, report_.findings);
    for (Finding& finding :
         GuardFindings(guarded_, files, report_.outcome, store_.layout())) {
      ++report_.files_brought_back;
      report_.findings.push_back(std::move(finding));
    }
    if (!txn) return std::move(report_);
    BENCHKEEP_TRY(VerifyClaims(claims_, progress_));
    if (report_.files_merged == 0 && report_.files_quarantined == 0) {
      return std::move(report_);
    }
    BookMerge(store_, report_.outcome, files, *txn);
    txn->Note("files_merged", Json::Uint(report_.files_merged));
    txn->Note("files_quarantined", Json::Uint(report_.files_quarantined));
    txn->Describe("looked", LookToJson(look_));
    report_.txn = txn->id();
    BENCHKEEP_TRY(CommitMerge(store_, *results, report_.outcome, *txn));
    return std::move(report_);
  }

 private:
  Status Claim(store::Transaction* txn) {
    std::optional<store::WriterLocks> writers;
    if (txn != nullptr) {
      BENCHKEEP_ASSIGN(store::WriterLocks held,
                       store::WriterLocks::Acquire(store_));
      writers.emplace(std::move(held));
    }
    BENCHKEEP_ASSIGN(claims_, ClaimIncrements(store_, txn, progress_));
    BENCHKEEP_ASSIGN(guarded_, TakeGuarded(store_, txn, claims_));
    look_.time = store_.clock().Now();
    look_.open = std::move(claims_.open);
    report_.files_skipped = claims_.skipped;
    report_.findings = std::move(claims_.findings);
    for (const BrokenIncrement& broken : claims_.broken) {
      BENCHKEEP_TRY(Quarantine(broken.name, broken.reason, txn));
    }
    return {};
  }

  Status Quarantine(const std::string& name, const Message& reason,
                    store::Transaction* txn) {
    ++report_.files_quarantined;
    if (txn != nullptr) BENCHKEEP_TRY(txn->Quarantine(name, reason));
    report_.findings.push_back(
        {"increment_quarantined", Severity::kWarning,
         store_.layout().Relative(store_.layout().increments() / name), reason,
         txn == nullptr ? Message{}
                        : Say(N_("it is kept in {0}; `benchkeep undo {1}` "
                                 "brings it back"),
                              store_.layout().Relative(
                                  store_.layout().quarantine_dir() / txn->id()),
                              txn->id())});
    return {};
  }

  // What the merge could not use goes to the quarantine, or back if it was in
  // use.
  Status Sort(store::Transaction* txn) {
    std::set<std::size_t> rejected;
    for (const store::RejectedFile& file : report_.outcome.rejected) {
      rejected.insert(file.index);
      if (file.code != Code::kBusy && file.code != Code::kNotFound) {
        BENCHKEEP_TRY(Quarantine(file.name, file.reason, txn));
        continue;
      }
      ++report_.files_skipped;
      if (txn != nullptr) BENCHKEEP_TRY(txn->MoveBack(file.name));
      look_.open.push_back(
          {claims_.usable[file.index].info, store_.clock().Now()});
      report_.findings.push_back(
          {"increment_busy",
           Severity::kWarning,
           store_.layout().Relative(store_.layout().increments() / file.name),
           Say(N_("{0} is being written right now; it waits"), file.name),
           {}});
    }
    std::vector<struct Claim> kept;
    for (std::size_t i = 0; i < claims_.usable.size(); ++i) {
      if (rejected.contains(i)) continue;
      look_.newest_ns =
          std::max(look_.newest_ns, claims_.usable[i].file.mtime_ns);
      kept.push_back(std::move(claims_.usable[i]));
    }
    claims_.usable = std::move(kept);
    report_.files_merged = claims_.usable.size();
    report_.rows_seen = report_.outcome.seen.rows;
    return {};
  }

  const store::Store& store_;
  const store::StoreLock* lock_;
  const ConsolidateOptions& options_;
  Progress& progress_;
  Claims claims_;
  Look look_;
  std::vector<store::KeptIncrement> guarded_;
  ConsolidateReport report_;
};

}  // namespace

Result<ConsolidateReport> Consolidate(const store::Store& store,
                                      const store::StoreLock* lock,
                                      const ConsolidateOptions& options,
                                      Progress& progress) {
  return Job(store, lock, options, progress).Run();
}

}  // namespace benchkeep::ops
