// SQLite, for what benchkeep remembers between runs.

#include "store/state_db.h"

#include <sqlite3.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace benchkeep::store {
namespace {

constexpr int kBusyMilliseconds = 10'000;

Code CodeOf(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_FULL:
      return Code::kNoSpace;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kBusy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kCorruption;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kPermission;
    default:
      return Code::kIo;
  }
}

Unexpected DbError(sqlite3* db) {
  const char* const name = sqlite3_db_filename(db, "main");
  const fs::Path path = name == nullptr ? "" : name;
  if ((sqlite3_errcode(db) & 0xFF) == SQLITE_FULL) {
    return FailSys(ENOSPC, N_("{0}: {1}"), path);
  }
  return Fail(CodeOf(sqlite3_errcode(db)),
              Say(N_("{0}: {1}"), path, sqlite3_errmsg(db)), path);
}

}  // namespace

DbStatement::DbStatement(DbStatement&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}

DbStatement::~DbStatement() { sqlite3_finalize(statement_); }

void DbStatement::Bind(int at, std::string_view text) {
  sqlite3_bind_text64(statement_, at, text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}
void DbStatement::Bind(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_, at, value);
}
void DbStatement::Bind(int at, std::uint64_t value) {
  sqlite3_bind_int64(statement_, at, static_cast<sqlite3_int64>(value));
}
void DbStatement::Bind(int at, double value) {
  sqlite3_bind_double(statement_, at, value);
}
void DbStatement::BindNull(int at) { sqlite3_bind_null(statement_, at); }

Result<bool> DbStatement::Step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return DbError(db_);
  }
}

Status DbStatement::Run() {
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, Step());
    if (!row) break;
  }
  Reset();
  return {};
}

void DbStatement::Reset() { sqlite3_reset(statement_); }

bool DbStatement::NullAt(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t DbStatement::IntAt(int column) const {
  return sqlite3_column_int64(statement_, column);
}
std::uint64_t DbStatement::BitsAt(int column) const {
  return static_cast<std::uint64_t>(IntAt(column));
}
double DbStatement::RealAt(int column) const {
  return sqlite3_column_double(statement_, column);
}
std::string DbStatement::TextAt(int column) const {
  const auto* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  const int size = sqlite3_column_bytes(statement_, column);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}
std::optional<std::int64_t> DbStatement::MaybeIntAt(int column) const {
  return NullAt(column) ? std::nullopt : std::optional(IntAt(column));
}
std::optional<double> DbStatement::MaybeRealAt(int column) const {
  return NullAt(column) ? std::nullopt : std::optional(RealAt(column));
}

Result<StateDb> StateDb::OpenWith(const fs::Path& path, int flags) {
  // SQLite would wait for whoever is to write into a pipe.
  std::error_code unknown;
  const auto type = std::filesystem::symlink_status(path, unknown).type();
  if (type == std::filesystem::file_type::fifo ||
      type == std::filesystem::file_type::socket) {
    return Fail(Code::kCorruption, Say(N_("{0} is not a file"), path), path);
  }
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &handle,
                                     flags | SQLITE_OPEN_NOFOLLOW, nullptr);
  StateDb db(handle);
  if (opened != SQLITE_OK) {
    return Fail(
        Code::kIo,
        Say(N_("{0}: {1}"), path,
            handle == nullptr ? "out of memory" : sqlite3_errmsg(handle)),
        path);
  }
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  BENCHKEEP_TRY(db.Run("PRAGMA synchronous = FULL"));
  return db;
}

Result<StateDb> StateDb::Open(const fs::Path& path) {
  return OpenWith(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<StateDb> StateDb::OpenToRead(const fs::Path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) {
    return Fail(Code::kNotFound, Say(N_("there is no {0}"), path), path);
  }
  Result<StateDb> db = OpenWith(path, SQLITE_OPEN_READONLY);
  const Status read = db.ok() ? db->Run("PRAGMA schema_version")
                              : Status(Unexpected(db.error()));
  if (read.ok() || read.error().code != Code::kPermission) return db;
  // A journal that a crash left must be rolled back before anybody can read,
  // and that is a change.
  return OpenWith(path, SQLITE_OPEN_READWRITE);
}

StateDb::StateDb(StateDb&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)) {}

StateDb::~StateDb() { sqlite3_close(db_); }

Status StateDb::Run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return DbError(db_);
  }
  return {};
}

Result<DbStatement> StateDb::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()),
                         &statement, nullptr) != SQLITE_OK) {
    return DbError(db_);
  }
  return DbStatement(db_, statement);
}

Status StateDb::InTransaction(const std::function<Status()>& work) {
  BENCHKEEP_TRY(Run("BEGIN IMMEDIATE"));
  Status done = work();
  if (done.ok()) done = Run("COMMIT");
  if (!done.ok()) {
    IgnoreError(Run("ROLLBACK"), "the first error is the one to report");
  }
  return done;
}

Result<bool> StateDb::HasTable(std::string_view name) {
  BENCHKEEP_ASSIGN(
      DbStatement statement,
      Prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"));
  statement.Bind(1, name);
  return statement.Step();
}

}  // namespace benchkeep::store
