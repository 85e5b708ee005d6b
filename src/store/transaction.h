// A change of the store that happens whole or not at all.
//
// Life of a transaction (doc/format/transaction.md):
//   1. Begin     makes txn/<id>/ with record.json, state "open".
//   2. MoveIn    takes files of the store in (increments being merged); staged
//                files are built and synced in staging().
//   3. Commit    writes the record with state "prepared" and the list of steps:
//                from here on, it will be done, by us or by whoever comes next.
//   4.           applies the steps: old versions are kept as links under old/,
//                staged ones are renamed into place, folders synced.
//   5.           writes state "committed", moves txn/<id> to trash/<id> and books
//                the ledger.
// A crash before 3 is rolled back, a crash after it is rolled forward, by
// RecoverTransactions() at the start of the next changing command of any kind.
// Every step may be repeated.  What the trash holds is what `undo` needs.
//
// One exception to rolling forward: if nothing has been applied yet and a
// target was changed by somebody else after the crash, the transaction is rolled
// back, since it was computed from a version that is no longer there.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/json.h"
#include "base/result.h"
#include "store/ledger.h"
#include "store/store.h"
#include "store/store_lock.h"

namespace benchkeep::store {

class Transaction {
 public:
  // The caller holds the store lock for as long as the transaction lives.
  static Result<Transaction> Begin(const Store& store, const StoreLock& lock,
                                   const std::string& op);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  // Rolls back unless Commit() was called.  Errors leave the rest to the next
  // RecoverTransactions().
  ~Transaction();

  [[nodiscard]] const std::string& id() const { return id_; }

  // Where new versions are built.  Nothing in it is ever opened by others.
  [[nodiscard]] fs::Path staging() const;

  // Where `name` lands after MoveIn.
  [[nodiscard]] fs::Path TakenPath(const std::string& name) const;

  // Moves `file` into the transaction; rolled back to where it was.  Names must
  // be unique.  Durable with SyncTaken().
  Status MoveIn(const fs::Path& file);
  // Puts a file taken in back at once (it turned out to be in use).
  Status MoveBack(const std::string& name);
  Status SyncTaken(const fs::Path& source_folder);

  // Plans: `staged` (a synced file in staging()) becomes `target`.  The version
  // of the target that was read must be `expected` (nullopt: no file).
  void Replace(const fs::Path& staged, const fs::Path& target,
               std::optional<fs::FileInfo> expected);
  // Plans: `target` goes away (to old/).
  void Remove(const fs::Path& target, fs::FileInfo expected);
  // Plans: the taken-in file `name` goes to the quarantine with `reason`.
  void Quarantine(const std::string& name, const Message& reason);
  // Plans: `from` (in the trash of an earlier transaction) goes to `to`; when
  // something is there already, a free name beside it is used.
  void PutBack(const fs::Path& from, const fs::Path& to);

  void Book(LedgerEntry entry);
  // Notes for `undo list`: numbers of the report, for people.
  void Note(const std::string& name, Json value);

  // Steps 3 to 5.  On an error before "prepared" everything is rolled back; on
  // one after it the next command finishes the work, and the error says so.
  Status Commit();

 private:
  struct Step;
  Transaction(const Store& store, std::string id);
  Json Record(const std::string& state) const;
  Status WriteRecord(const std::string& state);

  const Store* store_ = nullptr;
  std::string id_;
  Json record_;
  bool open_ = false;
};

// What RecoverTransactions did.
struct RecoveryReport {
  std::vector<std::string> finished;     // Ids rolled forward.
  std::vector<std::string> rolled_back;  // Ids rolled back.
  Findings findings;
};

// Finishes or rolls back what crashes left, books what was not booked, removes
// spill folders of dead processes.  Called by every changing command, under the
// store lock.
Result<RecoveryReport> RecoverTransactions(const Store& store,
                                           const StoreLock& lock);

// A finished transaction as found in the trash.
struct PastTransaction {
  std::string id;
  std::string op;
  std::string time;     // ISO, UTC.
  bool undone = false;  // Its effect was taken back.
  Json record;
};

// Newest first.
Result<std::vector<PastTransaction>> ListTransactions(const Store& store);

// Takes transaction `id` back, as a transaction of its own.  kBusy when a file
// it changed has been changed since (the message names what to undo first).
Result<std::string> UndoTransaction(const Store& store, const StoreLock& lock,
                                    const std::string& id);

}  // namespace benchkeep::store
