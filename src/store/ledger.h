// The row ledger: what every run did to the rows of every file.
//
// Kept in state.db.  The records of finished transactions are the truth; the
// ledger repeats them in a form that can be asked quickly, so losing state.db
// loses no result.  For every transaction before + seen = after + superseded,
// in rows and in key sums (doc/format/ledger.md).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fs/file_system.h"
#include "store/results.h"
#include "store/state_db.h"

namespace benchkeep::store {

struct LedgerEntry {
  std::string kind;  // before, seen, superseded, quarantined, after
  std::string file;  // Name below the root.
  RowCount count;
};

class Ledger {
 public:
  // Opens or creates the database.
  static Result<Ledger> Open(const fs::Path& path);
  // For looking only: kNotFound when no transaction was ever booked.
  static Result<Ledger> OpenToRead(const fs::Path& path);

  // Books a transaction; doing it again changes nothing.
  Status Book(const std::string& txn, const std::string& time,
              const std::string& op, const std::vector<LedgerEntry>& entries);

  // What the newest transaction on `file` left there, if that was a merge: then
  // every key is in it once.  Nullopt after an undo: what came back is old.
  Result<std::optional<RowCount>> LeftByMerge(const std::string& file);

  // What the newest transaction on `file` left there, whatever it was.
  Result<std::optional<RowCount>> LastAfter(const std::string& file);

  // Every transaction whose books do not balance: its id.
  Result<std::vector<std::string>> Unbalanced();

 private:
  explicit Ledger(StateDb db) : db_(std::move(db)) {}
  StateDb db_;
};

}  // namespace benchkeep::store
