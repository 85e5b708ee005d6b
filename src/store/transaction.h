// A change of the store that happens whole or not at all.
//
// Life of a transaction (doc/format/transaction.md):
//   1. Begin     makes txn/<id>/ with record.json, state "open".
//   2. MoveIn    takes files of one folder in (increments being merged); staged
//                files are built and synced in staging().
//   3. Commit    writes the record with state "prepared" and the list of steps:
//                from here on it will be done, by us or by whoever comes next.
//   4.           applies the steps: old versions are kept as links under old/,
//                staged ones are renamed into place, folders synced.
//   5.           writes state "committed", books the ledger, and moves
//                txn/<id> to trash/<id>, which is what `undo` needs.
// A crash before 3 is rolled back, a crash after it is rolled forward, by
// RecoverTransactions() at the start of the next changing command of any kind.
// Every step may be repeated.
//
// One exception to rolling forward: if nothing has been applied yet and a
// target was changed by somebody else after the crash, the transaction is
// rolled back, since it was computed from a version that is no longer there.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/finding.h"
#include "base/json.h"
#include "base/result.h"
#include "store/ledger.h"
#include "store/results.h"
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

  // Rolls back unless Commit() was called.  What cannot be rolled back now is
  // left to the next RecoverTransactions().
  ~Transaction();

  [[nodiscard]] const std::string& id() const { return id_; }

  // Where new versions are built.  Nothing in it is ever opened by others.
  [[nodiscard]] fs::Path staging() const;

  // Where a file called `name` lands by MoveIn.
  [[nodiscard]] fs::Path TakenPath(const std::string& name) const;

  // All files taken in come from one folder, named before the first of them.
  Status TakeFrom(const fs::Path& folder);
  Status MoveIn(const std::string& name);
  // Takes a file of another folder in as `name`; taken back, it comes to lie in
  // the folder of TakeFrom.
  Status MoveInFrom(const fs::Path& from, const std::string& name);
  // Puts a file taken in back at once: it turned out to be in use.
  Status MoveBack(const std::string& name);
  // Makes the moves durable; before anything is built on them.
  Status SyncTaken();

  // Plans: `staged` (a synced file on the same file system) becomes `target`.
  // The version of the target that was read is `expected` (nullopt: no file).
  Status Replace(const fs::Path& staged, const fs::Path& target,
                 std::optional<fs::FileInfo> expected);
  // Plans: `target` goes away, to old/.
  void Remove(const fs::Path& target, const fs::FileInfo& expected);
  // Plans: the file goes from `from` to `to`, or to a free name beside it when
  // something is there.
  Status Move(const fs::Path& from, const fs::Path& to);
  // Plans: the taken-in file `name` goes to the quarantine.
  Status Quarantine(const std::string& name, const Message& reason);

  // Notes: the taken-in file `name` is packed (gzip) in `target`, a step of
  // this transaction.  `sha256` and `info` are those of the file.
  void Pack(const std::string& name, const fs::Path& target,
            const std::string& sha256, const fs::FileInfo& info);

  void Book(LedgerEntry entry);
  // Adds a member of that name to the record, for whoever asks later.
  void Describe(const std::string& name, Json value);
  // Numbers of the report, for `undo list`.
  void Note(const std::string& name, Json value);

  // Steps 3 to 5.  kBusy when a target is no longer what it was; on this and
  // any error before "prepared" everything is rolled back.  On an error after
  // it, the next command finishes the work, and the error says so.
  Status Commit();

 private:
  Transaction(const Store& store, std::string id);
  [[nodiscard]] fs::Path dir() const;
  Json& Steps();
  Status CheckTargets() const;

  const Store* store_ = nullptr;
  std::string id_;
  Json record_;
  bool open_ = false;
};

// Removes the originals of a committed transaction that are packed elsewhere:
// undo unpacks them again.
Status DropPackedOriginals(const Store& store, const std::string& id);

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

// Ids of transactions that a crash left unfinished; for commands that only
// look.
Result<std::vector<std::string>> UnfinishedTransactions(const Store& store);

// A finished transaction as found in the trash.
struct PastTransaction {
  std::string id;
  std::string op;
  std::string time;       // ISO, UTC.
  std::string undone_by;  // The transaction that took it back; empty: none.
  Json record;
};

// Newest first.
Result<std::vector<PastTransaction>> ListTransactions(const Store& store);

// Takes transaction `id` back, as a transaction of its own, whose id is
// returned.  kNotFound when there is no such transaction, kBusy when a file
// that it changed has been changed since (the message names what to undo
// first). With `rehearse` only the checks are made, and the id is empty.
Result<std::string> UndoTransaction(const Store& store, const StoreLock* lock,
                                    const std::string& id, Rehearse rehearse);

}  // namespace benchkeep::store
