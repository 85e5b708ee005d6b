// What every job that merges into the results does with the outcome.

#include "ops/merge_commit.h"

namespace benchkeep::ops {

void BookMerge(const store::Store& store, const store::MergeOutcome& outcome,
               const std::vector<store::IncrementFile>& files,
               store::Transaction& txn) {
  const store::Layout& layout = store.layout();
  const std::string results = layout.Relative(layout.results());
  txn.Book({"before", results, outcome.before});
  for (std::size_t i = 0; i < outcome.per_file.size(); ++i) {
    if (outcome.per_file[i].rows == 0) continue;
    txn.Book({"seen", layout.Relative(layout.increments() / files[i].name),
              outcome.per_file[i]});
  }
  txn.Book({"superseded", results, outcome.superseded});
  txn.Book({"after", results, outcome.after});
  txn.Note("rows_before", Json::Uint(outcome.before.rows));
  txn.Note("rows_after", Json::Uint(outcome.after.rows));
}

Status CommitMerge(const store::Store& store, const store::Results& results,
                   const store::MergeOutcome& outcome,
                   store::Transaction& txn) {
  BENCHKEEP_ASSIGN(const store::WriterLocks writers,
                   store::WriterLocks::Acquire(store));
  BENCHKEEP_TRY(results.StillUnchanged());
  if (outcome.staged) {
    BENCHKEEP_TRY(
        txn.Replace(*outcome.staged, store.layout().results(), outcome.base));
  }
  return txn.Commit();
}

void AddOutcomeFindings(const store::MergeOutcome& outcome,
                        Findings& findings) {
  if (outcome.conflicting > 0) {
    findings.push_back(
        {"conflicting_duplicates", Severity::kWarning, "",
         Say(N_("{0} superseded rows had another outcome than the row that "
                "stands for their key"),
             outcome.conflicting),
         Say(N_("`--json` lists them; the superseded rows stay available to "
                "`benchkeep undo`"))});
  }
  for (const std::string& name : outcome.columns_added) {
    findings.push_back({"column_added",
                        Severity::kInfo,
                        "",
                        Say(N_("the results have a new column: {0}"), name),
                        {}});
  }
}

}  // namespace benchkeep::ops
