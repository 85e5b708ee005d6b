// Ingest: rows from any program become an increment, whole and durable or not
// at all.
//
// Takes no lock and touches nothing that is there: the increment is written
// beside, synced and renamed into the folder, so any number of clients may do
// it at once.  Once this returns ok the rows outlast a power cut.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "store/store.h"

namespace benchkeep::ops {

enum class IngestFormat {
  kJsonLines,  // One object a line; also one list of objects.
  kCsv,        // With a line of names; RFC 4180.
  kParquet,
};

struct IngestOptions {
  std::string input;  // The bytes.
  IngestFormat format = IngestFormat::kJsonLines;
  // The same key a second time changes nothing; empty: no such promise, but the
  // key columns of the rows keep them single all the same.
  std::string idempotency_key;
  bool skip_bad = false;  // Take the good rows and leave the others.
  bool dry_run = false;
  std::uint64_t memory_bytes = 0;
};

struct RowProblem {
  std::uint64_t line = 0;  // Of the input, from 1.
  std::string column;      // Empty: the row as a whole.
  Message reason;
};
inline constexpr std::size_t kMaxRowProblems = 100;

struct IngestReport {
  bool dry_run = false;
  bool repeated =
      false;         // That idempotency key was used for these rows before.
  std::string file;  // Name of the increment; empty when none was made.
  std::uint64_t rows = 0;
  std::uint64_t bad_rows = 0;
  std::vector<RowProblem> problems;  // The first kMaxRowProblems.
};

// The format of an input by its first bytes.
IngestFormat GuessIngestFormat(const std::string& input);

// With problems and without skip_bad nothing is taken: `rows` is 0.
// kAlreadyExists: the idempotency key stands for other rows.
Result<IngestReport> Ingest(const store::Store& store,
                            const IngestOptions& options);

}  // namespace benchkeep::ops
