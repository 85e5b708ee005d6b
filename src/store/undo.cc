// Taking finished transactions back.

#include <algorithm>
#include <set>

#include "store/transaction.h"
#include "store/transaction_record.h"

namespace benchkeep::store {
namespace {

std::string TextOf(const Json& json, const char* name) {
  return json.StringAt(name).value_or("");
}

// Files whose content the transaction replaced, made or removed.
std::vector<std::string> TargetsOf(const Json& record) {
  std::vector<std::string> targets;
  const Json* steps = record.Find("steps");
  if (steps == nullptr) return targets;
  for (const Json& step : steps->items()) {
    if (TextOf(step, "do") == "replace")
      targets.push_back(TextOf(step, "target"));
    if (TextOf(step, "do") == "remove") targets.push_back(TextOf(step, "from"));
  }
  return targets;
}

// The id of the newest transaction that still stands on `target`, not older
// than `id`; empty: none.
std::string StandingOn(const std::vector<PastTransaction>& all,
                       const std::string& target, const std::string& id) {
  for (const PastTransaction& past : all) {
    if (past.id == id) break;
    if (!past.undone_by.empty() || past.op == "undo") continue;
    const std::vector<std::string> targets = TargetsOf(past.record);
    if (std::find(targets.begin(), targets.end(), target) != targets.end()) {
      return past.id;
    }
  }
  return {};
}

// The transaction that made `id` again after an undo of it, and now holds what
// `id` replaced; empty: none.
std::string RedoneBy(const std::vector<PastTransaction>& all,
                     const std::string& id) {
  for (const PastTransaction& past : all) {
    const Json* notes = past.record.Find("notes");
    if (past.op == "undo" && notes != nullptr &&
        TextOf(*notes, "undoes") == id) {
      return past.undone_by;
    }
  }
  return {};
}

class Undo {
 public:
  Undo(const Store& store, std::vector<PastTransaction> all,
       const PastTransaction& past)
      : store_(store), all_(std::move(all)), past_(past) {}

  // Every file the transaction left must be as it left it.  For increments
  // that an undo put back this is vital: one that has grown, or another one of
  // that name, holds rows that the results do not.
  Status Check() const {
    for (const Json& step : Steps()) {
      const std::string action = TextOf(step, "do");
      if (action == "move" && step.Find("result") == nullptr) continue;
      const std::string name = TextOf(step, action == "replace" ? "target"
                                            : action == "move"  ? "to"
                                                                : "from");
      const Result<fs::FileInfo> now = store_.file_system().Info(InTrash(name));
      const bool missing = !now.ok() && now.error().code == Code::kNotFound;
      if (action == "move" && missing) continue;  // Nothing to put anywhere.
      const Json* result = step.Find("result");
      const bool same = result == nullptr
                            ? missing
                            : now.ok() && now->SameState(InfoFromJson(*result));
      if (same) continue;
      const std::string later = StandingOn(all_, name, past_.id);
      return Fail(
          Code::kBusy,
          Say(N_("{0} was changed after {1}: taking {1} back would lose that "
                 "change"),
              name, past_.id),
          later.empty()
              ? Say(N_("keep it as it is, or take what you need by hand from "
                       "{0}"),
                    store_.layout().Relative(store_.layout().trash_dir() /
                                             past_.id))
              : Say(N_("undo the later change first: benchkeep undo {0}"),
                    later),
          store_.layout().root() / name);
    }
    return {};
  }

  Result<std::string> Run(const StoreLock& lock) const {
    BENCHKEEP_ASSIGN(Transaction txn, Transaction::Begin(store_, lock, "undo"));
    txn.Note("undoes", Json::String(past_.id));
    for (const Json& step : Steps()) {
      BENCHKEEP_TRY(Reverse(step, txn));
    }
    BENCHKEEP_TRY(PutTakenBack(txn));
    BENCHKEEP_TRY(UnpackOriginals(
        store_, past_.record,
        store_.layout().trash_dir() / past_.id / kTakenFolder, txn));
    BookReversed(txn);
    const std::string id = txn.id();
    BENCHKEEP_ASSIGN(const WriterLocks writers, WriterLocks::Acquire(store_));
    BENCHKEEP_TRY(Check());
    BENCHKEEP_TRY(txn.Commit());
    return id;
  }

 private:
  const std::vector<Json>& Steps() const {
    static const std::vector<Json> none;
    const Json* steps = past_.record.Find("steps");
    return steps == nullptr ? none : steps->items();
  }

  // Where a path of the record lies now that the transaction is in the trash.
  fs::Path InTrash(const std::string& recorded) const {
    const Layout& layout = store_.layout();
    const std::string before = layout.Relative(layout.txn_dir() / past_.id);
    if (!recorded.starts_with(before + "/")) return layout.root() / recorded;
    return layout.trash_dir() / past_.id / recorded.substr(before.size() + 1);
  }

  Status Reverse(const Json& step, Transaction& txn) const {
    const fs::Path root = store_.layout().root();
    const std::string action = TextOf(step, "do");
    if (action == "replace") {
      const fs::Path target = root / TextOf(step, "target");
      BENCHKEEP_ASSIGN(const fs::FileInfo now,
                       store_.file_system().Info(target));
      const Json* expected = step.Find("expected");
      if (expected == nullptr || expected->is_null()) {
        txn.Remove(target, now);
        return {};
      }
      return txn.Replace(InTrash(TextOf(step, "saved")), target, now);
    }
    if (action == "remove") {
      return txn.Replace(InTrash(TextOf(step, "to")),
                         root / TextOf(step, "from"), std::nullopt);
    }
    const fs::Path from = InTrash(TextOf(step, "from"));
    const fs::Path to = InTrash(TextOf(step, "to"));
    BENCHKEEP_ASSIGN(const bool exists, fs::Exists(store_.file_system(), to));
    if (!exists) return {};
    const std::string taken = store_.layout().Relative(
        store_.layout().txn_dir() / past_.id / kTakenFolder);
    if (TextOf(step, "from").starts_with(taken + "/")) {
      // Quarantined: back to where it had been taken from.
      return txn.Move(to, Home() / from.filename());
    }
    const std::string quarantine =
        store_.layout().Relative(store_.layout().quarantine_dir());
    if (TextOf(step, "from").starts_with(quarantine + "/")) {
      // Brought back by an undo: into the quarantine again, beside its note.
      return txn.Move(to, from);
    }
    const std::string state = store_.layout().Relative(store_.layout().state());
    if (TextOf(step, "from").starts_with(state + "/")) {
      // Put back by an undo: out again.
      return txn.Move(to, txn.TakenPath(to.filename().string()));
    }
    // Taken out again by the undo of an undo: back to where it lay.
    return txn.Move(to, from);
  }

  fs::Path Home() const {
    return store_.layout().root() / TextOf(past_.record, "taken_from");
  }

  // An undo takes files in by its steps, which say where they came from.
  Status PutTakenBack(Transaction& txn) const {
    if (past_.op == "undo") return {};
    const fs::Path taken =
        store_.layout().trash_dir() / past_.id / kTakenFolder;
    BENCHKEEP_ASSIGN(const bool any, fs::Exists(store_.file_system(), taken));
    if (!any) return {};
    BENCHKEEP_ASSIGN(const auto files, store_.file_system().List(taken));
    for (const fs::DirEntry& file : files) {
      BENCHKEEP_TRY(txn.Move(taken / file.name, Home() / file.name));
    }
    return {};
  }

  // What came in goes out, and the other way round.
  void BookReversed(Transaction& txn) const {
    for (LedgerEntry entry : LedgerOf(past_.record)) {
      if (entry.kind == "before") {
        entry.kind = "after";
      } else if (entry.kind == "after") {
        entry.kind = "before";
      } else if (entry.kind == "seen") {
        entry.kind = "superseded";
      } else if (entry.kind == "superseded") {
        entry.kind = "seen";
      }
      txn.Book(std::move(entry));
    }
  }

  const Store& store_;
  std::vector<PastTransaction> all_;
  const PastTransaction& past_;
};

}  // namespace

Result<std::vector<PastTransaction>> ListTransactions(const Store& store) {
  std::vector<PastTransaction> all;
  const fs::Path trash = store.layout().trash_dir();
  BENCHKEEP_ASSIGN(const bool any, fs::Exists(store.file_system(), trash));
  if (!any) return all;
  BENCHKEEP_ASSIGN(const auto entries, store.file_system().List(trash));
  for (const fs::DirEntry& entry : entries) {
    if (!IsTxnId(entry.name)) continue;
    Result<Json> record = ReadRecord(store, trash / entry.name);
    if (!record.ok()) continue;  // `diagnose` names it.
    PastTransaction past;
    past.id = entry.name;
    past.op = TextOf(*record, "op");
    past.time = TextOf(*record, "time");
    past.record = std::move(*record);
    all.push_back(std::move(past));
  }
  std::sort(all.begin(), all.end(),
            [](const PastTransaction& a, const PastTransaction& b) {
              return a.id > b.id;
            });
  // Newest first: an undo that was itself undone no longer counts.
  for (const PastTransaction& past : all) {
    const Json* notes = past.record.Find("notes");
    if (past.op != "undo" || notes == nullptr || !past.undone_by.empty()) {
      continue;
    }
    const std::string undone = TextOf(*notes, "undoes");
    for (PastTransaction& other : all) {
      if (other.id == undone) other.undone_by = past.id;
    }
  }
  return all;
}

Result<std::string> UndoTransaction(const Store& store, const StoreLock* lock,
                                    const std::string& id, Rehearse rehearse) {
  BENCHKEEP_ASSIGN(std::vector<PastTransaction> all, ListTransactions(store));
  const auto found =
      std::find_if(all.begin(), all.end(),
                   [&](const PastTransaction& past) { return past.id == id; });
  if (found == all.end()) {
    return Fail(Code::kNotFound, Say(N_("there is no change \"{0}\""), id),
                Say(N_("`benchkeep undo list` shows the changes that can be "
                       "taken back")));
  }
  if (!found->undone_by.empty()) {
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} has been taken back already, by {1}"), id,
                    found->undone_by));
  }
  if (const std::string redo = RedoneBy(all, id); !redo.empty()) {
    return Fail(Code::kInvalidArgument,
                Say(N_("{0} was taken back and made again by {1}"), id, redo),
                Say(N_("undo that one: benchkeep undo {0}"), redo));
  }
  const PastTransaction past = *found;
  const Undo undo(store, std::move(all), past);
  BENCHKEEP_TRY(undo.Check());
  if (rehearse == Rehearse::kYes) return std::string();
  BENCHKEEP_CHECK(lock != nullptr);
  return undo.Run(*lock);
}

}  // namespace benchkeep::store
