// The deep look at the results: every row, and the balance of the ledger.

#include <optional>

#include "ops/check_parts.h"
#include "ops/job_limits.h"
#include "store/ledger.h"
#include "store/parquet_results.h"

namespace benchkeep::ops {
namespace {

Result<std::uint64_t> CountRows(store::RowScan& scan) {
  std::uint64_t rows = 0;
  while (true) {
    BENCHKEEP_ASSIGN(const auto* row, scan.Next());
    if (row == nullptr) return rows;
    ++rows;
  }
}

// Reads every value of every row.
Result<std::uint64_t> ReadAll(const CheckInput& input) {
  BENCHKEEP_ASSIGN(const auto results,
                   store::ParquetResults::Open(
                       input.store, LimitsFor(input.options.memory_bytes)));
  BENCHKEEP_ASSIGN(const auto scan, results->Scan({}));
  return CountRows(*scan);
}

// Rows and keys as they are now, by a rehearsal of a de-duplication.
Result<store::MergeOutcome> Measure(const CheckInput& input) {
  BENCHKEEP_ASSIGN(const auto results,
                   store::ParquetResults::Open(
                       input.store, LimitsFor(input.options.memory_bytes)));
  NoProgress quiet;
  return results->Deduplicate(input.store.layout().tmp_dir(),
                              store::Rehearse::kYes, quiet);
}

void CompareWithLedger(const CheckInput& input, store::Ledger& ledger,
                       const store::RowCount& now, CheckResult& result) {
  const auto last = ledger.LastAfter(input.store.settings().results);
  if (!last.ok()) return Unreadable(result, last.error());
  if (!last->has_value()) return;
  const store::RowCount& then = **last;
  result.details.Set("ledger_rows", Json::Uint(then.rows));
  result.details.Set("ledger_keys_equal", Json::Bool(then.keys == now.keys));
  const Message look =
      Say(N_("`benchkeep undo list` shows what benchkeep did; `benchkeep "
             "backup verify` and `benchkeep recover` bring rows back"));
  if (now.rows < then.rows) {
    Worsen(result, CheckState::kCritical,
           Say(N_("{0} rows are missing: the ledger knows of {1}, there are "
                  "{2}"),
               then.rows - now.rows, then.rows, now.rows),
           look);
  } else if (now.rows == then.rows && then.keys != now.keys) {
    Worsen(result, CheckState::kCritical,
           Say(N_("the {0} rows are not those that the ledger knows of"),
               now.rows),
           look);
  } else if (now.rows > then.rows) {
    Worsen(result, CheckState::kWarning,
           Say(N_("another program has added {0} rows that the ledger does "
                  "not know of"),
               now.rows - then.rows),
           Say(N_("`benchkeep dedupe` takes them into the books")));
  }
}

}  // namespace

void ProveResults(const CheckInput& input, CheckResult& result) {
  const Result<std::uint64_t> read = ReadAll(input);
  if (!read.ok()) return Unreadable(result, read.error());
  result.details.Set("rows_read", Json::Uint(*read));
  const Result<store::MergeOutcome> measured = Measure(input);
  if (!measured.ok()) return Unreadable(result, measured.error());
  if (measured->before.rows != *read) {
    Worsen(result, CheckState::kCritical,
           Say(N_("the footer promises {0} rows, {1} can be read"),
               measured->before.rows, *read),
           Say(N_("`benchkeep undo list`, or `benchkeep backup restore`")));
  }
  result.details.Set("duplicates", Json::Uint(measured->superseded.rows));
  if (measured->superseded.rows > 0) {
    Worsen(result, CheckState::kWarning,
           Say(N_("{0} rows, {1} of them a key that comes again later"), *read,
               measured->superseded.rows),
           Say(N_("`benchkeep dedupe`")));
  }
  Result<store::Ledger> ledger =
      store::Ledger::OpenToRead(input.store.layout().state_db());
  if (!ledger.ok()) {
    // Nothing was ever booked: then there is nothing to prove.
    if (ledger.error().code != Code::kNotFound) {
      Unreadable(result, ledger.error());
    }
    result.details.Set("ledger_balanced", Json());
    return;
  }
  const Result<std::vector<std::string>> open = ledger->Unbalanced();
  if (!open.ok()) return Unreadable(result, open.error());
  result.details.Set("ledger_balanced", Json::Bool(open->empty()));
  if (!open->empty()) {
    Worsen(result, CheckState::kCritical,
           Say(N_("the books do not balance in {0} changes, first in {1}"),
               open->size(), open->front()),
           Say(N_("`benchkeep undo show {0}`"), open->front()));
  }
  CompareWithLedger(input, *ledger, measured->before, result);
  if (result.state == CheckState::kOk) {
    result.message = Say(N_("all {0} rows read; the books balance"), *read);
  }
}

}  // namespace benchkeep::ops
