// The row ledger, in SQLite.

#include "store/ledger.h"

#include <sqlite3.h>

#include <array>
#include <map>
#include <utility>

namespace benchkeep::store {
namespace {

constexpr int kBusyMilliseconds = 10'000;

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

Unexpected DbError(sqlite3* db) {
  const int code = sqlite3_errcode(db) & 0xFF;
  return Fail(code == SQLITE_FULL                            ? Code::kNoSpace
              : code == SQLITE_BUSY || code == SQLITE_LOCKED ? Code::kBusy
              : code == SQLITE_CORRUPT || code == SQLITE_NOTADB
                  ? Code::kCorruption
                  : Code::kIo,
              Say(N_("the ledger state.db: {0}"), sqlite3_errmsg(db)));
}

// One prepared statement; bound from 1, reset by its owner.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) {
    ok_ = sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) == SQLITE_OK;
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  [[nodiscard]] bool ok() const { return ok_; }
  void Text(int at, const std::string& text) {
    sqlite3_bind_text(statement_, at, text.data(),
                      static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  void Int(int at, std::uint64_t value) {
    sqlite3_bind_int64(statement_, at, static_cast<sqlite3_int64>(value));
  }
  // True for a row, false at the end.
  Result<bool> Step() {
    switch (sqlite3_step(statement_)) {
      case SQLITE_ROW:
        return true;
      case SQLITE_DONE:
        return false;
      default:
        return DbError(db_);
    }
  }
  void Reset() { sqlite3_reset(statement_); }
  [[nodiscard]] std::uint64_t IntAt(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  [[nodiscard]] std::string TextAt(int column) const {
    const auto* text = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return {reinterpret_cast<const char*>(text),
            static_cast<std::size_t>(size)};
  }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  bool ok_ = false;
};

Status Run(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return DbError(db);
  }
  return {};
}

}  // namespace

Result<Ledger> Ledger::Open(const fs::Path& path) {
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &db,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  Ledger ledger(db);
  if (opened != SQLITE_OK) {
    return Fail(Code::kIo,
                Say(N_("the ledger {0}: {1}"), path,
                    db == nullptr ? "out of memory" : sqlite3_errmsg(db)),
                path);
  }
  sqlite3_busy_timeout(db, kBusyMilliseconds);
  BENCHKEEP_TRY(Run(db, "PRAGMA synchronous = FULL"));
  BENCHKEEP_TRY(Run(db, kSchema));
  return ledger;
}

Ledger::Ledger(Ledger&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)) {}

Ledger::~Ledger() { sqlite3_close(db_); }

Status Ledger::Book(const std::string& txn, const std::string& time,
                    const std::string& op,
                    const std::vector<LedgerEntry>& entries) {
  BENCHKEEP_TRY(Run(db_, "BEGIN IMMEDIATE"));
  const auto insert = [&]() -> Status {
    Statement statement(
        db_,
        "INSERT OR IGNORE INTO ledger (txn, entry, time, op, kind, file, "
        "rows, key_high, key_low) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!statement.ok()) return DbError(db_);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const LedgerEntry& entry = entries[i];
      statement.Text(1, txn);
      statement.Int(2, i);
      statement.Text(3, time);
      statement.Text(4, op);
      statement.Text(5, entry.kind);
      statement.Text(6, entry.file);
      statement.Int(7, entry.count.rows);
      statement.Int(8, entry.count.keys.high);
      statement.Int(9, entry.count.keys.low);
      BENCHKEEP_ASSIGN([[maybe_unused]] const bool row, statement.Step());
      statement.Reset();
    }
    return {};
  };
  if (Status inserted = insert(); !inserted.ok()) {
    IgnoreError(Run(db_, "ROLLBACK"), "the first error is the one to report");
    return inserted;
  }
  return Run(db_, "COMMIT");
}

Result<std::optional<RowCount>> Ledger::LeftByMerge(const std::string& file) {
  Statement statement(db_,
                      "SELECT rows, key_high, key_low, op FROM ledger WHERE "
                      "kind = 'after' AND file = ? ORDER BY id DESC LIMIT 1");
  if (!statement.ok()) return DbError(db_);
  statement.Text(1, file);
  BENCHKEEP_ASSIGN(const bool found, statement.Step());
  const std::string op = found ? statement.TextAt(3) : "";
  if (op != "consolidate" && op != "dedupe" && op != "migrate") {
    return std::optional<RowCount>();
  }
  return std::optional<RowCount>(
      RowCount{statement.IntAt(0), {statement.IntAt(1), statement.IntAt(2)}});
}

Result<std::vector<std::string>> Ledger::Unbalanced() {
  Statement statement(
      db_,
      "SELECT txn, kind, rows, key_high, key_low FROM ledger ORDER BY txn");
  if (!statement.ok()) return DbError(db_);
  // What came in minus what is accounted for, per transaction.
  std::map<std::string, RowCount> open;
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, statement.Step());
    if (!row) break;
    const RowCount count{statement.IntAt(2),
                         {statement.IntAt(3), statement.IntAt(4)}};
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
