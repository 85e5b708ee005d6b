// Idempotency keys of ingest, a table of state.db.

#include "store/ingest_keys.h"

#include "store/state_db.h"

namespace benchkeep::store {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS ingest_keys (key TEXT PRIMARY KEY, sha256 TEXT "
    "NOT NULL, file TEXT NOT NULL, rows INTEGER NOT NULL, time TEXT NOT NULL)";

}  // namespace

Result<std::optional<IngestKey>> FindIngestKey(const Store& store,
                                               const std::string& key) {
  const std::optional<IngestKey> none;
  Result<StateDb> db = StateDb::OpenToRead(store.layout().state_db());
  if (!db.ok()) {
    if (db.error().code == Code::kNotFound) return none;
    return Unexpected(db.error());
  }
  BENCHKEEP_ASSIGN(const bool any, db->HasTable("ingest_keys"));
  if (!any) return none;
  BENCHKEEP_ASSIGN(
      DbStatement select,
      db->Prepare("SELECT sha256, file, rows FROM ingest_keys WHERE key = ?"));
  select.Bind(1, key);
  BENCHKEEP_ASSIGN(const bool row, select.Step());
  if (!row) return none;
  return std::optional<IngestKey>(
      IngestKey{key, select.TextAt(0), select.TextAt(1), select.BitsAt(2)});
}

Status NoteIngestKey(const Store& store, const IngestKey& key) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::Open(store.layout().state_db()));
  BENCHKEEP_TRY(db.Run(kSchema));
  BENCHKEEP_ASSIGN(
      DbStatement insert,
      db.Prepare("INSERT OR IGNORE INTO ingest_keys (key, sha256, file, rows, "
                 "time) VALUES (?, ?, ?, ?, ?)"));
  insert.Bind(1, key.key);
  insert.Bind(2, key.sha256);
  insert.Bind(3, key.file);
  insert.Bind(4, key.rows);
  insert.Bind(5, FormatIso(store.clock().Now()));
  return insert.Run();
}

}  // namespace benchkeep::store
