// Counting the tests of the last hours, row by row and key by key.

#include "store/parquet_pace.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "store/schema_union.h"

namespace benchkeep::store {
namespace {

// The newest increments that are open at a time.
constexpr std::size_t kMaxFiles = 512;
constexpr std::chrono::milliseconds kMoment{50};
constexpr int kMoments = 40;

struct Waiting {
  fs::Path path;
  std::int64_t mtime_ns = 0;
};

// Increments that were written since then, newest first: an older file holds no
// newer test.
std::vector<Waiting> WaitingSince(const Store& store, std::int64_t since) {
  constexpr std::int64_t kNanos = 1'000'000'000;
  std::vector<Waiting> out;
  const fs::Path& folder = store.layout().increments();
  const auto entries = store.file_system().List(folder);
  if (!entries.ok()) return out;
  for (const fs::DirEntry& entry : *entries) {
    if (!store.layout().IsIncrementName(entry.name)) continue;
    const Result<fs::FileInfo> info =
        store.file_system().Info(folder / entry.name);
    if (!info.ok() || info->mtime_ns / kNanos < since) continue;
    out.push_back({folder / entry.name, info->mtime_ns});
  }
  std::sort(out.begin(), out.end(), [](const Waiting& a, const Waiting& b) {
    return a.mtime_ns > b.mtime_ns;
  });
  return out;
}

// Somebody who writes it is done in a moment; a file that is left out would
// look like a pause of its writer.  All files together wait for `patience`
// moments.
Result<ParquetSource> OpenPatiently(const Store& store, const fs::Path& path,
                                    int& patience) {
  Result<ParquetSource> source = ParquetSource::Open(path);
  while (!source.ok() && source.error().code == Code::kBusy && patience > 0) {
    --patience;
    store.clock().SleepFor(kMoment);
    source = ParquetSource::Open(path);
  }
  return source;
}

std::string SlotOf(const ParquetFooter& footer, const std::string& name) {
  const int found = footer.Find(name);
  return found < 0 ? std::string()
                   : ColumnSlot(static_cast<std::size_t>(found));
}

// "2026-01-31", a day or two early, for any zone.
std::string FirstDay(std::int64_t since) {
  constexpr std::int64_t kTwoDays = 2 * 86'400;
  constexpr std::size_t kDayLength = 10;
  return FormatIso(TimePoint(std::chrono::seconds(since - kTwoDays)))
      .substr(0, kDayLength);
}

// Key, UTC second, model and outcome of the late rows of one file; empty when
// its rows tell no time.
std::string LateRows(const Store& store, const ParquetSource& source,
                     const PaceQuestion& question) {
  const Settings& settings = store.settings();
  const ParquetFooter& footer = source.footer();
  const std::string time = SlotOf(footer, settings.time);
  const Result<Shape> shape = ShapeOf(footer, settings);
  // A cell knows when it was last touched, not when its tests ran.
  if (time.empty() || !shape.ok() || *shape != Shape::kRecords) return {};
  std::string keys;
  for (const std::string& key : settings.key) {
    const std::string slot = SlotOf(footer, key);
    keys += fmt::format("{}::VARCHAR, ", slot.empty() ? "NULL" : slot);
  }
  const std::string model = SlotOf(footer, settings.model);
  const std::string success = SlotOf(footer, settings.success);
  // Text may name its zone; other times are those of the clock on the wall.
  // Comparing days as text lets whole row groups be passed over.
  return fmt::format(
      "SELECT [{0}] AS k, s, {1} AS m, {2} AS o FROM (SELECT *, CASE WHEN "
      "regexp_matches({3}::VARCHAR, "
      "':\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d(:?\\d\\d)?)$') "
      "THEN epoch(TRY_CAST({3}::VARCHAR AS TIMESTAMPTZ))::BIGINT "
      "ELSE epoch(TRY_CAST({3} AS TIMESTAMP))::BIGINT - {4} END AS s "
      "FROM {5} WHERE {3}::VARCHAR >= '{7}') WHERE s >= {6}",
      keys.substr(0, keys.size() - 2),
      model.empty() ? "NULL::VARCHAR" : model + "::VARCHAR",
      success.empty() ? "NULL::DOUBLE" : success + "::DOUBLE", time,
      question.utc_offset_seconds, source.From(), question.since_seconds,
      FirstDay(question.since_seconds));
}

}  // namespace

Result<PaceAnswer> ReadPace(
    const Store& store, const ParquetSource* base, const PaceQuestion& question,
    const std::function<Result<engine::Database>(std::vector<fs::Path>)>&
        open_engine) {
  PaceAnswer out;
  std::vector<ParquetSource> increments;
  std::vector<fs::Path> readable;
  std::string rows;
  int patience = kMoments;
  const auto add = [&](const ParquetSource& source) {
    const std::string late = LateRows(store, source, question);
    if (late.empty()) return;
    rows += (rows.empty() ? "" : " UNION ALL ") + late;
  };
  if (base != nullptr) add(*base);
  for (const Waiting& waiting : WaitingSince(store, question.since_seconds)) {
    Result<ParquetSource> source = Fail(Code::kBusy, Message());
    if (increments.size() < kMaxFiles) {
      source = OpenPatiently(store, waiting.path, patience);
    }
    if (!source.ok()) {
      ++out.unread;
      continue;
    }
    add(*source);
    readable.push_back(waiting.path);
    increments.push_back(std::move(*source));
  }
  if (rows.empty()) return out;
  out.timed = true;
  BENCHKEEP_ASSIGN(engine::Database database, open_engine(std::move(readable)));
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  BENCHKEEP_ASSIGN(
      engine::Rows answer,
      connection.Query(fmt::format(
          "SELECT (s // {0} * {0})::BIGINT AS slot, coalesce(m, ''), "
          "count(*)::BIGINT, count(o)::BIGINT, coalesce(sum(o), 0)::DOUBLE "
          "FROM (SELECT max(s) AS s, arg_max(m, s) AS m, arg_max(o, s) AS o "
          "FROM ({1}) GROUP BY k) GROUP BY ALL ORDER BY ALL",
          question.slot_seconds, rows)));
  while (true) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, answer.Next());
    if (chunk.rows() == 0) return out;
    for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
      PaceSlot slot;
      slot.start_seconds = chunk.column(0).Int(i);
      slot.model = chunk.column(1).Text(i);
      slot.total_tests = static_cast<std::uint64_t>(chunk.column(2).Int(i));
      slot.known = static_cast<std::uint64_t>(chunk.column(3).Int(i));
      slot.successes = chunk.column(4).Double(i);
      out.slots.push_back(std::move(slot));
    }
  }
}

}  // namespace benchkeep::store
