// What is remembered of the logs, in SQLite.

#include "store/log_memory.h"

#include <utility>

namespace benchkeep::store {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS log_meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS log_cause (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  pattern TEXT NOT NULL,
  example TEXT NOT NULL,
  model TEXT NOT NULL,
  file TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS log_file (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  head_bytes INTEGER NOT NULL,
  head TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  error_lines INTEGER NOT NULL,
  last_time TEXT NOT NULL,
  last_model TEXT NOT NULL,
  gone INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS log_count (
  file INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  hour TEXT NOT NULL,
  count INTEGER NOT NULL,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  PRIMARY KEY (file, cause, hour)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_folded (
  name TEXT PRIMARY KEY,
  count INTEGER NOT NULL
);
)";

constexpr const char* kForget =
    "DELETE FROM log_cause; DELETE FROM log_file; DELETE FROM log_count; "
    "DELETE FROM log_folded";

// log_meta: "rules", and "generation", which grows with every Save().
Result<std::int64_t> Meta(StateDb& db, std::string_view name) {
  BENCHKEEP_ASSIGN(DbStatement statement,
                   db.Prepare("SELECT value FROM log_meta WHERE name = ?"));
  statement.Bind(1, name);
  BENCHKEEP_ASSIGN(const bool found, statement.Step());
  return found ? statement.IntAt(0) : 0;
}

Status SetMeta(StateDb& db, std::string_view name, std::int64_t value) {
  BENCHKEEP_ASSIGN(DbStatement statement,
                   db.Prepare("INSERT OR REPLACE INTO log_meta VALUES (?, ?)"));
  statement.Bind(1, name);
  statement.Bind(2, value);
  return statement.Run();
}

}  // namespace

Result<LogMemory> LogMemory::Open(const fs::Path& state_db, int rules) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::Open(state_db));
  BENCHKEEP_TRY(db.Run(kSchema));
  BENCHKEEP_ASSIGN(const std::int64_t known, Meta(db, "rules"));
  if (known != rules) {
    const auto begin_anew = [&]() -> Status {
      BENCHKEEP_TRY(db.Run(kForget));
      return SetMeta(db, "rules", rules);
    };
    BENCHKEEP_TRY(db.InTransaction(begin_anew));
  }
  return LogMemory(std::move(db));
}

Result<LogMemory> LogMemory::OpenToRead(const fs::Path& state_db, int rules) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::OpenToRead(state_db));
  BENCHKEEP_ASSIGN(const bool any, db.HasTable("log_folded"));
  std::int64_t known = 0;
  if (any) {
    BENCHKEEP_ASSIGN(known, Meta(db, "rules"));
  }
  if (known != rules) {
    return Fail(Code::kNotFound, Say(N_("nothing is remembered of the logs")));
  }
  return LogMemory(std::move(db));
}

Result<std::int64_t> LogMemory::Generation() { return Meta(db_, "generation"); }

Result<LogRecord> LogMemory::Load() {
  LogRecord record;
  BENCHKEEP_TRY(db_.Run("BEGIN"));  // One view of all tables.
  const auto load = [&]() -> Status {
    BENCHKEEP_ASSIGN(generation_, Generation());
    std::map<std::int64_t, std::size_t> cause_at;
    std::map<std::int64_t, std::size_t> file_at;
    BENCHKEEP_ASSIGN(
        DbStatement causes,
        db_.Prepare("SELECT id, kind, pattern, example, model, file "
                    "FROM log_cause ORDER BY id"));
    while (true) {
      BENCHKEEP_ASSIGN(const bool row, causes.Step());
      if (!row) break;
      cause_at[causes.IntAt(0)] = record.causes.size();
      record.causes.push_back({causes.TextAt(1), causes.TextAt(2),
                               causes.TextAt(3), causes.TextAt(4),
                               causes.TextAt(5)});
    }
    BENCHKEEP_ASSIGN(
        DbStatement files,
        db_.Prepare("SELECT id, name, device, inode, head_bytes, head, size, "
                    "mtime_ns, offset, error_lines, last_time, last_model, "
                    "gone FROM log_file ORDER BY id"));
    while (true) {
      BENCHKEEP_ASSIGN(const bool row, files.Step());
      if (!row) break;
      file_at[files.IntAt(0)] = record.files.size();
      record.files.push_back({.name = files.TextAt(1),
                              .device = files.BitsAt(2),
                              .inode = files.BitsAt(3),
                              .head_bytes = files.BitsAt(4),
                              .head = files.TextAt(5),
                              .size = files.BitsAt(6),
                              .mtime_ns = files.IntAt(7),
                              .offset = files.BitsAt(8),
                              .error_lines = files.BitsAt(9),
                              .last_time = files.TextAt(10),
                              .last_model = files.TextAt(11),
                              .gone = files.IntAt(12),
                              .counts = {}});
    }
    BENCHKEEP_ASSIGN(DbStatement counts,
                     db_.Prepare("SELECT file, cause, hour, count, first, last "
                                 "FROM log_count ORDER BY file, cause, hour"));
    while (true) {
      BENCHKEEP_ASSIGN(const bool row, counts.Step());
      if (!row) break;
      const auto file = file_at.find(counts.IntAt(0));
      const auto cause = cause_at.find(counts.IntAt(1));
      if (file == file_at.end() || cause == cause_at.end()) continue;
      record.files[file->second].counts.push_back(
          {cause->second, counts.TextAt(2), counts.BitsAt(3), counts.TextAt(4),
           counts.TextAt(5)});
    }
    BENCHKEEP_ASSIGN(DbStatement folded,
                     db_.Prepare("SELECT name, count FROM log_folded"));
    while (true) {
      BENCHKEEP_ASSIGN(const bool row, folded.Step());
      if (!row) break;
      record.folded[folded.TextAt(0)] = folded.BitsAt(1);
    }
    return {};
  };
  Status loaded = load();
  BENCHKEEP_TRY(db_.Run("COMMIT"));
  BENCHKEEP_TRY(std::move(loaded));
  return record;
}

Status LogMemory::Save(const LogRecord& record) {
  return db_.InTransaction([&]() -> Status {
    BENCHKEEP_ASSIGN(const std::int64_t now, Generation());
    if (now != generation_) {
      return Fail(Code::kBusy,
                  Say(N_("another process has read the logs meanwhile")));
    }
    BENCHKEEP_TRY(db_.Run(kForget));
    BENCHKEEP_TRY(Write(record));
    generation_ = now + 1;
    return SetMeta(db_, "generation", generation_);
  });
}

Status LogMemory::Write(const LogRecord& record) {
  BENCHKEEP_ASSIGN(
      DbStatement cause,
      db_.Prepare("INSERT INTO log_cause VALUES (?, ?, ?, ?, ?, ?)"));
  for (std::size_t i = 0; i < record.causes.size(); ++i) {
    const LogCause& each = record.causes[i];
    cause.Bind(1, std::uint64_t{i});
    cause.Bind(2, each.kind);
    cause.Bind(3, each.pattern);
    cause.Bind(4, each.example);
    cause.Bind(5, each.model);
    cause.Bind(6, each.file);
    BENCHKEEP_TRY(cause.Run());
  }
  BENCHKEEP_ASSIGN(DbStatement file,
                   db_.Prepare("INSERT INTO log_file VALUES "
                               "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  BENCHKEEP_ASSIGN(
      DbStatement count,
      db_.Prepare("INSERT INTO log_count VALUES (?, ?, ?, ?, ?, ?)"));
  for (std::size_t i = 0; i < record.files.size(); ++i) {
    const LogFileRecord& each = record.files[i];
    file.Bind(1, std::uint64_t{i});
    file.Bind(2, each.name);
    file.Bind(3, each.device);
    file.Bind(4, each.inode);
    file.Bind(5, each.head_bytes);
    file.Bind(6, each.head);
    file.Bind(7, each.size);
    file.Bind(8, each.mtime_ns);
    file.Bind(9, each.offset);
    file.Bind(10, each.error_lines);
    file.Bind(11, each.last_time);
    file.Bind(12, each.last_model);
    file.Bind(13, each.gone);
    BENCHKEEP_TRY(file.Run());
    for (const LogCount& one : each.counts) {
      count.Bind(1, std::uint64_t{i});
      count.Bind(2, std::uint64_t{one.cause});
      count.Bind(3, one.hour);
      count.Bind(4, one.count);
      count.Bind(5, one.first);
      count.Bind(6, one.last);
      BENCHKEEP_TRY(count.Run());
    }
  }
  BENCHKEEP_ASSIGN(DbStatement folded,
                   db_.Prepare("INSERT INTO log_folded VALUES (?, ?)"));
  for (const auto& [name, total] : record.folded) {
    folded.Bind(1, name);
    folded.Bind(2, total);
    BENCHKEEP_TRY(folded.Run());
  }
  return {};
}

}  // namespace benchkeep::store
