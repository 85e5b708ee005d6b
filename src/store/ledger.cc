// The row ledger, a table of state.db.

#include "store/ledger.h"

#include <map>

namespace benchkeep::store {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS ledger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  txn TEXT NOT NULL,
  entry INTEGER NOT NULL,
  time TEXT NOT NULL,
  op TEXT NOT NULL,
  kind TEXT NOT NULL,
  file TEXT NOT NULL,
  rows INTEGER NOT NULL,
  key_high INTEGER NOT NULL,
  key_low INTEGER NOT NULL,
  UNIQUE (txn, entry)
);
CREATE INDEX IF NOT EXISTS ledger_kind_file ON ledger (kind, file, id);
)";

}  // namespace

Result<Ledger> Ledger::Open(const fs::Path& path) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::Open(path));
  BENCHKEEP_TRY(db.Run(kSchema));
  return Ledger(std::move(db));
}

Result<Ledger> Ledger::OpenToRead(const fs::Path& path) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::OpenToRead(path));
  BENCHKEEP_ASSIGN(const bool any, db.HasTable("ledger"));
  if (!any) {
    return Fail(Code::kNotFound, Say(N_("there is no ledger in {0}"), path),
                path);
  }
  return Ledger(std::move(db));
}

Status Ledger::Book(const std::string& txn, const std::string& time,
                    const std::string& op,
                    const std::vector<LedgerEntry>& entries) {
  return db_.InTransaction([&]() -> Status {
    BENCHKEEP_ASSIGN(
        DbStatement insert,
        db_.Prepare(
            "INSERT OR IGNORE INTO ledger (txn, entry, time, op, kind, file, "
            "rows, key_high, key_low) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const LedgerEntry& entry = entries[i];
      insert.Bind(1, txn);
      insert.Bind(2, std::uint64_t{i});
      insert.Bind(3, time);
      insert.Bind(4, op);
      insert.Bind(5, entry.kind);
      insert.Bind(6, entry.file);
      insert.Bind(7, entry.count.rows);
      insert.Bind(8, entry.count.keys.high);
      insert.Bind(9, entry.count.keys.low);
      BENCHKEEP_TRY(insert.Run());
    }
    return {};
  });
}

Result<std::optional<RowCount>> Ledger::LeftByMerge(const std::string& file) {
  BENCHKEEP_ASSIGN(
      DbStatement statement,
      db_.Prepare("SELECT rows, key_high, key_low, op FROM ledger WHERE "
                  "kind = 'after' AND file = ? ORDER BY id DESC LIMIT 1"));
  statement.Bind(1, file);
  BENCHKEEP_ASSIGN(const bool found, statement.Step());
  const std::string op = found ? statement.TextAt(3) : "";
  if (op != "consolidate" && op != "dedupe" && op != "migrate") {
    return std::optional<RowCount>();
  }
  return std::optional<RowCount>(RowCount{
      statement.BitsAt(0), {statement.BitsAt(1), statement.BitsAt(2)}});
}

Result<std::optional<RowCount>> Ledger::LastAfter(const std::string& file) {
  BENCHKEEP_ASSIGN(
      DbStatement statement,
      db_.Prepare("SELECT rows, key_high, key_low FROM ledger WHERE "
                  "kind = 'after' AND file = ? ORDER BY id DESC LIMIT 1"));
  statement.Bind(1, file);
  BENCHKEEP_ASSIGN(const bool found, statement.Step());
  if (!found) return std::optional<RowCount>();
  return std::optional<RowCount>(RowCount{
      statement.BitsAt(0), {statement.BitsAt(1), statement.BitsAt(2)}});
}

Result<std::vector<std::string>> Ledger::Unbalanced() {
  BENCHKEEP_ASSIGN(DbStatement statement,
                   db_.Prepare("SELECT txn, kind, rows, key_high, key_low FROM "
                               "ledger ORDER BY txn"));
  // What came in minus what is accounted for, per transaction.
  std::map<std::string, RowCount> open;
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, statement.Step());
    if (!row) break;
    const RowCount count{statement.BitsAt(2),
                         {statement.BitsAt(3), statement.BitsAt(4)}};
    const std::string kind = statement.TextAt(1);
    RowCount& balance = open[statement.TextAt(0)];
    if (kind == "before" || kind == "seen") balance += count;
    if (kind == "after" || kind == "superseded") balance -= count;
  }
  std::vector<std::string> ids;
  for (const auto& [txn, balance] : open) {
    if (balance != RowCount{}) ids.push_back(txn);
  }
  return ids;
}

}  // namespace benchkeep::store
