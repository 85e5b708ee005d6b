// The SQL by which a person counts tests.

#include "store/parquet_count.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "base/clock.h"
#include "engine/database.h"

namespace benchkeep::store {
namespace {

constexpr std::int64_t kFloat = 4;  // parquet.thrift, Type
constexpr std::int64_t kDouble = 5;
constexpr std::int64_t kByteArray = 6;

// Longer words say nothing more about a cause.
constexpr int kReasonCharacters = 300;

// Without quotes where nothing can be misread: the query is for people.
std::string Name(const std::string& column) {
  constexpr std::array<std::string_view, 12> kPlain = {
      "model",      "prompt_type",   "tool_success_rate",
      "difficulty", "task_type",     "success",
      "total",      "timestamp",     "error",
      "error_type", "error_message", "timeout_errors"};
  return std::find(kPlain.begin(), kPlain.end(), column) == kPlain.end()
             ? engine::Identifier(column)
             : column;
}

// "2026-01-31 23:59:59"
std::string SqlTime(std::int64_t seconds) {
  std::string text = FormatIso(TimePoint(std::chrono::seconds(seconds)));
  text.pop_back();
  text[10] = ' ';
  return "TIMESTAMP '" + text + "'";
}

class Query {
 public:
  Query(const Settings& settings, const ParquetFooter& footer, Shape shape,
        const CountRequest& request)
      : settings_(settings),
        footer_(footer),
        records_(shape == Shape::kRecords),
        request_(request) {}

  std::optional<std::string> Text() const {
    const bool by_time = request_.by_day || !request_.windows.empty();
    // A cell knows when it was last touched, not when its tests ran.
    if (by_time && (!records_ || !Has(settings_.time))) return std::nullopt;
    if (request_.by_reason && !TellsReasons()) return std::nullopt;
    return request_.by_reason ? Reasons() : Outcomes();
  }

 private:
  [[nodiscard]] bool Has(const std::string& column) const {
    return footer_.Find(column) >= 0;
  }

  [[nodiscard]] std::vector<std::string> ErrorColumns() const {
    std::vector<std::string> columns;
    for (const std::string& column : settings_.errors) {
      if (Has(column)) columns.push_back(column);
    }
    return columns;
  }

  [[nodiscard]] bool TellsReasons() const {
    if (!Has(settings_.success)) return false;
    return records_ ? !ErrorColumns().empty() : Has(settings_.timeouts);
  }

  // The column as text; a rate as a person writes it, whatever its width.
  [[nodiscard]] std::string Value(const std::string& column) const {
    const int at = footer_.Find(column);
    std::string name = Name(column);
    if (at < 0) return "NULL::VARCHAR AS " + name;
    const std::int64_t physical =
        footer_.columns()[static_cast<std::size_t>(at)].physical;
    if (physical == kByteArray) return name;
    if (physical == kFloat || physical == kDouble) {
      return fmt::format("nullif(printf('%g', {0}::DOUBLE), 'nan') AS {0}",
                         name);
    }
    return fmt::format("{0}::VARCHAR AS {0}", name);
  }

  [[nodiscard]] std::string Time() const {
    return fmt::format("TRY_CAST({} AS TIMESTAMP)", Name(settings_.time));
  }

  // What the groups are made by.
  [[nodiscard]] std::string Keys() const {
    std::string list;
    for (const std::string& column : request_.columns) {
      list += Value(column) + ", ";
    }
    if (request_.by_day) list += Time() + "::DATE::VARCHAR AS day, ";
    if (!request_.windows.empty()) list += Period() + " AS period, ";
    return list;
  }

  // The name of the window: each ends where the next one begins.
  [[nodiscard]] std::string Period() const {
    const std::vector<TimeWindow>& windows = request_.windows;
    if (windows.size() == 1) return engine::Literal(windows[0].name);
    std::string out = "CASE";
    for (std::size_t i = windows.size() - 1; i > 0; --i) {
      out += fmt::format(" WHEN {} >= {} THEN {}", Time(),
                         SqlTime(windows[i].since_seconds),
                         engine::Literal(windows[i].name));
    }
    return out + " ELSE " + engine::Literal(windows[0].name) + " END";
  }

  // " WHERE ...", or nothing.
  [[nodiscard]] std::string Where(const std::string& first) const {
    std::string out = first;
    const auto add = [&out](const std::string& condition) {
      out += (out.empty() ? "" : " AND ") + condition;
    };
    if (!request_.windows.empty()) {
      add(fmt::format("{} >= {}", Time(),
                      SqlTime(request_.windows.front().since_seconds)));
      add(fmt::format("{} < {}", Time(),
                      SqlTime(request_.windows.back().until_seconds)));
    } else if (request_.by_day) {
      add(Time() + " IS NOT NULL");
    }
    return out.empty() ? out : " WHERE " + out;
  }

  [[nodiscard]] const char* Table() const {
    return request_.cells ? "cells" : "results";
  }

  [[nodiscard]] std::string Outcomes() const {
    const std::string success =
        Has(settings_.success) ? Name(settings_.success) : "";
    const std::string total = Name(settings_.total);
    const std::string tests =
        records_ ? "count(*)" : fmt::format("coalesce(sum({}), 0)", total);
    const std::string known =
        success.empty() ? "0"
        : records_      ? fmt::format("count({})", success)
                   : fmt::format("coalesce(sum({}) FILTER ({} IS NOT NULL), 0)",
                                 total, success);
    const std::string successes =
        success.empty() ? "0"
                        : fmt::format("coalesce(sum({}::DOUBLE), 0)", success);
    return fmt::format(
        "SELECT {}{}::BIGINT AS tests, {}::BIGINT AS known, {}::DOUBLE AS "
        "successes FROM {}{} GROUP BY ALL ORDER BY ALL",
        Keys(), tests, known, successes, Table(), Where(""));
  }

  [[nodiscard]] std::string Reasons() const {
    const std::string success = Name(settings_.success);
    if (!records_) {
      const std::string timeouts = Name(settings_.timeouts);
      return fmt::format(
          "SELECT {}'timeout' AS reason, sum({})::BIGINT AS tests FROM {}{} "
          "GROUP BY ALL ORDER BY ALL",
          Keys(), timeouts, Table(), Where(timeouts + " > 0"));
    }
    std::string words;
    for (const std::string& column : ErrorColumns()) {
      words += fmt::format(", nullif({}::VARCHAR, '')", Name(column));
    }
    return fmt::format(
        "SELECT *, count(*)::BIGINT AS tests FROM (SELECT {}left(concat_ws(': "
        "'{}), {}) AS reason FROM {}{}) WHERE reason <> '' GROUP BY ALL ORDER "
        "BY ALL",
        Keys(), words, kReasonCharacters, Table(),
        Where("NOT " + success + "::BOOLEAN"));
  }

  const Settings& settings_;
  const ParquetFooter& footer_;
  bool records_;
  const CountRequest& request_;
};

std::optional<std::string> TextOf(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::kText:
      return std::string(cell.text);
    case Cell::Kind::kInt:
      return std::to_string(cell.integer);
    case Cell::Kind::kBool:
      return cell.boolean ? "true" : "false";
    default:
      return std::nullopt;
  }
}

std::uint64_t CountIn(const Cell& cell) {
  return cell.kind == Cell::Kind::kInt && cell.integer > 0
             ? static_cast<std::uint64_t>(cell.integer)
             : 0;
}

}  // namespace

Settings CellSettings() { return {}; }

std::optional<std::string> CountQuery(const Settings& settings,
                                      const ParquetFooter& footer, Shape shape,
                                      const CountRequest& request) {
  return Query(settings, footer, shape, request).Text();
}

Result<std::vector<TestGroup>> ReadCount(RowScan& scan,
                                         const CountRequest& request) {
  const std::size_t width = request.columns.size() + (request.by_day ? 1 : 0) +
                            (request.windows.empty() ? 0 : 1) +
                            (request.by_reason ? 1 : 0);
  std::vector<TestGroup> groups;
  while (true) {
    BENCHKEEP_ASSIGN(const std::vector<Cell>* const cells, scan.Next());
    if (cells == nullptr) return groups;
    if (groups.size() == request.most) {
      return Fail(
          Code::kInvalidArgument,
          Say(N_("there are more than {0} different cells"), request.most),
          Say(N_("see to it that [store] summary_key names columns "
                 "with few values")));
    }
    TestGroup& group = groups.emplace_back();
    for (std::size_t i = 0; i < width; ++i) {
      group.values.push_back(TextOf((*cells)[i]));
    }
    group.total_tests = CountIn((*cells)[width]);
    if (request.by_reason) continue;
    group.known = CountIn((*cells)[width + 1]);
    group.successes = (*cells)[width + 2].real;
  }
}

}  // namespace benchkeep::store
