// What `check` remembers, in SQLite.

#include "store/check_memory.h"

#include "store/state_db.h"

namespace benchkeep::store {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS check_mark (
  name TEXT PRIMARY KEY,
  last_good INTEGER,
  failures INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS sample (
  time INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (name, time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen_writer (
  pid INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  time INTEGER NOT NULL,
  last_write_ns INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL,
  usual_gap REAL NOT NULL,
  PRIMARY KEY (pid, start_ticks)
);
)";

Status LoadMarks(StateDb& db, CheckMemory& memory) {
  BENCHKEEP_ASSIGN(
      DbStatement statement,
      db.Prepare("SELECT name, last_good, failures FROM check_mark"));
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, statement.Step());
    if (!row) return {};
    memory.marks[statement.TextAt(0)] = {statement.MaybeIntAt(1),
                                         statement.IntAt(2)};
  }
}

Status LoadSamples(StateDb& db, CheckMemory& memory) {
  BENCHKEEP_ASSIGN(
      DbStatement statement,
      db.Prepare("SELECT time, name, value FROM sample ORDER BY time"));
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, statement.Step());
    if (!row) return {};
    memory.samples.push_back(
        {statement.IntAt(0), statement.TextAt(1), statement.RealAt(2)});
  }
}

Status LoadWriters(StateDb& db, CheckMemory& memory) {
  BENCHKEEP_ASSIGN(DbStatement statement,
                   db.Prepare("SELECT pid, start_ticks, time, last_write_ns, "
                              "cpu_ns, usual_gap FROM seen_writer"));
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, statement.Step());
    if (!row) return {};
    memory.writers.push_back({statement.IntAt(0), statement.BitsAt(1),
                              statement.IntAt(2), statement.IntAt(3),
                              statement.IntAt(4), statement.RealAt(5)});
  }
}

Status InsertSamples(StateDb& db, const std::vector<Sample>& samples) {
  BENCHKEEP_ASSIGN(DbStatement sample,
                   db.Prepare("INSERT OR IGNORE INTO sample VALUES (?, ?, ?)"));
  for (const Sample& each : samples) {
    sample.Bind(1, each.time);
    sample.Bind(2, each.name);
    sample.Bind(3, each.value);
    BENCHKEEP_TRY(sample.Run());
  }
  return {};
}

Status Write(StateDb& db, const CheckMemory& memory, std::int64_t oldest) {
  BENCHKEEP_ASSIGN(
      DbStatement mark,
      db.Prepare("INSERT OR REPLACE INTO check_mark VALUES (?, ?, ?)"));
  for (const auto& [name, each] : memory.marks) {
    mark.Bind(1, name);
    mark.Bind(2, each.last_good);
    mark.Bind(3, each.failures);
    BENCHKEEP_TRY(mark.Run());
  }
  BENCHKEEP_TRY(InsertSamples(db, memory.samples));
  BENCHKEEP_ASSIGN(DbStatement prune,
                   db.Prepare("DELETE FROM sample WHERE time < ?"));
  prune.Bind(1, oldest);
  BENCHKEEP_TRY(prune.Run());
  BENCHKEEP_TRY(db.Run("DELETE FROM seen_writer"));
  BENCHKEEP_ASSIGN(
      DbStatement writer,
      db.Prepare("INSERT INTO seen_writer VALUES (?, ?, ?, ?, ?, ?)"));
  for (const SeenWriter& each : memory.writers) {
    writer.Bind(1, each.pid);
    writer.Bind(2, each.start_ticks);
    writer.Bind(3, each.time);
    writer.Bind(4, each.last_write_ns);
    writer.Bind(5, each.cpu_ns);
    writer.Bind(6, each.usual_gap_seconds);
    BENCHKEEP_TRY(writer.Run());
  }
  return {};
}

}  // namespace

Result<CheckMemory> LoadCheckMemory(const fs::Path& state_db) {
  CheckMemory memory;
  Result<StateDb> db = StateDb::OpenToRead(state_db);
  if (!db.ok()) {
    if (db.error().code == Code::kNotFound) return memory;
    return Unexpected(db.error());
  }
  BENCHKEEP_ASSIGN(const bool any, db->HasTable("seen_writer"));
  if (!any) return memory;
  BENCHKEEP_TRY(LoadMarks(*db, memory));
  BENCHKEEP_TRY(LoadSamples(*db, memory));
  BENCHKEEP_TRY(LoadWriters(*db, memory));
  return memory;
}

Status SaveCheckMemory(const fs::Path& state_db, const CheckMemory& memory,
                       std::int64_t oldest) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::Open(state_db));
  BENCHKEEP_TRY(db.Run(kSchema));
  const auto write = [&] { return Write(db, memory, oldest); };
  return db.InTransaction(write);
}

Result<std::vector<Sample>> LoadSamples(const fs::Path& state_db,
                                        const std::string& prefix) {
  std::vector<Sample> samples;
  Result<StateDb> db = StateDb::OpenToRead(state_db);
  if (!db.ok()) {
    if (db.error().code == Code::kNotFound) return samples;
    return Unexpected(db.error());
  }
  BENCHKEEP_ASSIGN(const bool any, db->HasTable("sample"));
  if (!any) return samples;
  BENCHKEEP_ASSIGN(
      DbStatement statement,
      db->Prepare("SELECT time, name, value FROM sample "
                  "WHERE substr(name, 1, length(?1)) = ?1 ORDER BY time"));
  statement.Bind(1, prefix);
  while (true) {
    BENCHKEEP_ASSIGN(const bool row, statement.Step());
    if (!row) return samples;
    samples.push_back(
        {statement.IntAt(0), statement.TextAt(1), statement.RealAt(2)});
  }
}

Status AddSamples(const fs::Path& state_db, const std::vector<Sample>& samples,
                  const std::string& prefix, std::int64_t oldest) {
  BENCHKEEP_ASSIGN(StateDb db, StateDb::Open(state_db));
  BENCHKEEP_TRY(db.Run(kSchema));
  const auto write = [&]() -> Status {
    BENCHKEEP_TRY(InsertSamples(db, samples));
    BENCHKEEP_ASSIGN(DbStatement prune,
                     db.Prepare("DELETE FROM sample WHERE time < ?1 AND "
                                "substr(name, 1, length(?2)) = ?2"));
    prune.Bind(1, oldest);
    prune.Bind(2, prefix);
    return prune.Run();
  };
  return db.InTransaction(write);
}

Json CheckMemoryToJson(const CheckMemory& memory) {
  Json json = Json::Object();
  Json& marks = json.Set("marks", Json::Array());
  for (const auto& [name, each] : memory.marks) {
    Json& one = marks.Append(Json::Object());
    one.Set("name", Json::String(name));
    one.Set("last_good", each.last_good ? Json::Int(*each.last_good) : Json());
    one.Set("failures", Json::Int(each.failures));
  }
  Json& samples = json.Set("samples", Json::Array());
  for (const Sample& each : memory.samples) {
    Json& one = samples.Append(Json::Object());
    one.Set("time", Json::Int(each.time));
    one.Set("name", Json::String(each.name));
    one.Set("value", Json::Double(each.value));
  }
  Json& writers = json.Set("writers", Json::Array());
  for (const SeenWriter& each : memory.writers) {
    Json& one = writers.Append(Json::Object());
    one.Set("pid", Json::Int(each.pid));
    one.Set("start", Json::Int(static_cast<std::int64_t>(each.start_ticks)));
    one.Set("time", Json::Int(each.time));
    one.Set("write", Json::Int(each.last_write_ns));
    one.Set("cpu", Json::Int(each.cpu_ns));
    one.Set("gap", Json::Double(each.usual_gap_seconds));
  }
  return json;
}

CheckMemory CheckMemoryFromJson(const Json& json) {
  CheckMemory memory;
  const auto list = [&json](const char* name) {
    const Json* found = json.Find(name);
    return found == nullptr ? std::vector<Json>() : found->items();
  };
  const auto real = [](const Json& one, const char* name) {
    const Json* found = one.Find(name);
    return found == nullptr ? 0 : found->AsDouble().value_or(0);
  };
  for (const Json& one : list("marks")) {
    memory.marks[one.StringAt("name").value_or("")] = {
        one.IntAt("last_good"), one.IntAt("failures").value_or(0)};
  }
  for (const Json& one : list("samples")) {
    memory.samples.push_back({one.IntAt("time").value_or(0),
                              one.StringAt("name").value_or(""),
                              real(one, "value")});
  }
  for (const Json& one : list("writers")) {
    memory.writers.push_back(
        {one.IntAt("pid").value_or(0),
         static_cast<std::uint64_t>(one.IntAt("start").value_or(0)),
         one.IntAt("time").value_or(0), one.IntAt("write").value_or(0),
         one.IntAt("cpu").value_or(0), real(one, "gap")});
  }
  return memory;
}

}  // namespace benchkeep::store
