// Counting tests of a Parquet source by columns and by time.

#include "store/parquet_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/parquet_scan.h"
#include "store/schema_union.h"

namespace benchkeep::store {
namespace {

// The SQL of three figures: tests, tests with a known outcome, successes.
struct Figures {
  std::string tests;
  std::string known;
  std::string successes;
};

std::string SlotOf(const ParquetFooter& footer, const std::string& name) {
  const int found = footer.Find(name);
  return found < 0 ? std::string()
                   : ColumnSlot(static_cast<std::size_t>(found));
}

Figures FiguresOf(const Settings& settings, const ParquetFooter& footer,
                  Shape shape) {
  const std::string success = SlotOf(footer, settings.success);
  const std::string total = SlotOf(footer, settings.total);
  const bool records = shape == Shape::kRecords;
  Figures out;
  out.tests = records ? "count(*)::BIGINT"
                      : fmt::format("coalesce(sum({}), 0)::BIGINT", total);
  out.known =
      success.empty() ? "0::BIGINT"
      : records
          ? fmt::format("count({})::BIGINT", success)
          : fmt::format("coalesce(sum({}) FILTER ({} IS NOT NULL), 0)::BIGINT",
                        total, success);
  out.successes =
      success.empty()
          ? "0::DOUBLE"
          : fmt::format("coalesce(sum({}::DOUBLE), 0)::DOUBLE", success);
  return out;
}

// The shortest of some natural lengths that gives at most that many slots.
std::int64_t SlotLength(std::int64_t span, std::size_t slots) {
  constexpr std::array<std::int64_t, 12> kLengths = {
      60,        300,       900,        3600,        3 * 3600,    6 * 3600,
      12 * 3600, 24 * 3600, 7 * 86'400, 30 * 86'400, 91 * 86'400, 365 * 86'400};
  const auto wanted =
      span / static_cast<std::int64_t>(std::max<std::size_t>(slots, 1)) + 1;
  const auto found = std::lower_bound(kLengths.begin(), kLengths.end(), wanted);
  return found == kLengths.end() ? wanted : *found;
}

}  // namespace

Result<std::vector<TestGroup>> ReadGroups(
    const Store& store, const ParquetSource& source,
    const std::vector<std::string>& columns, std::size_t most,
    const EngineOpener& open_engine) {
  const ParquetFooter& footer = source.footer();
  BENCHKEEP_ASSIGN(const Shape shape, ShapeOf(footer, store.settings()));
  const Figures figures = FiguresOf(store.settings(), footer, shape);
  BENCHKEEP_ASSIGN(engine::Database database, open_engine());
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  std::string list;
  for (const std::string& column : columns) {
    const std::string slot = SlotOf(footer, column);
    list += fmt::format("{}::VARCHAR, ", slot.empty() ? "NULL" : slot);
  }
  BENCHKEEP_ASSIGN(
      engine::Rows rows,
      connection.Query(fmt::format(
          "SELECT {}{}, {}, {} FROM {} GROUP BY ALL ORDER BY ALL LIMIT {}",
          list, figures.tests, figures.known, figures.successes, source.From(),
          most + 1)));
  std::vector<TestGroup> out;
  while (true) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) break;
    const std::size_t width = columns.size();
    for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
      TestGroup group;
      for (std::size_t c = 0; c < width; ++c) {
        std::optional<std::string>& value = group.values.emplace_back();
        if (!chunk.column(c).IsNull(i)) value = chunk.column(c).Text(i);
      }
      group.total_tests =
          static_cast<std::uint64_t>(chunk.column(width).Int(i));
      group.known = static_cast<std::uint64_t>(chunk.column(width + 1).Int(i));
      group.successes = chunk.column(width + 2).Double(i);
      out.push_back(std::move(group));
    }
  }
  if (out.size() > most) {
    return Fail(Code::kInvalidArgument,
                Say(N_("there are more than {0} different cells"), most),
                Say(N_("see to it that [store] summary_key names columns with "
                       "few values")));
  }
  return out;
}

Result<Timeline> ReadTimeline(const Store& store, const ParquetSource& source,
                              std::size_t slots,
                              const EngineOpener& open_engine) {
  const ParquetFooter& footer = source.footer();
  BENCHKEEP_ASSIGN(const Shape shape, ShapeOf(footer, store.settings()));
  const std::string time = SlotOf(footer, store.settings().time);
  // A cell knows when it was last touched, not when its tests ran.
  if (time.empty() || shape != Shape::kRecords) return Timeline{};
  const Figures figures = FiguresOf(store.settings(), footer, shape);
  BENCHKEEP_ASSIGN(engine::Database database, open_engine());
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  const std::string second =
      fmt::format("epoch(TRY_CAST({} AS TIMESTAMP))::BIGINT", time);
  Timeline out;
  std::int64_t first = 0;
  {
    BENCHKEEP_ASSIGN(engine::Rows range,
                     connection.Query(fmt::format(
                         "SELECT min(s), max(s) FROM (SELECT {} AS s FROM {})",
                         second, source.From())));
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, range.Next());
    if (chunk.rows() != 1 || chunk.column(0).IsNull(0)) return out;
    first = chunk.column(0).Int(0);
    out.slot_seconds = SlotLength(chunk.column(1).Int(0) - first, slots);
  }
  BENCHKEEP_ASSIGN(
      engine::Rows rows,
      connection.Query(fmt::format(
          "SELECT ({0} // {1} * {1})::BIGINT AS slot, {2}, {3}, {4} FROM {5} "
          "WHERE {0} IS NOT NULL GROUP BY slot ORDER BY slot",
          second, out.slot_seconds, figures.tests, figures.known,
          figures.successes, source.From())));
  while (true) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) return out;
    for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
      Timeline::Slot slot;
      slot.start_seconds = chunk.column(0).Int(i);
      slot.total_tests = static_cast<std::uint64_t>(chunk.column(1).Int(i));
      slot.known = static_cast<std::uint64_t>(chunk.column(2).Int(i));
      slot.successes = chunk.column(3).Double(i);
      out.slots.push_back(slot);
    }
  }
}

}  // namespace benchkeep::store
