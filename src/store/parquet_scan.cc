// Reading rows and statistics out of Parquet sources.

#include "store/parquet_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/schema_union.h"

namespace benchkeep::store {
namespace {

class EngineScan final : public RowScan {
 public:
  EngineScan(engine::Database database, engine::Connection connection,
             engine::Rows rows, std::vector<std::string> names,
             std::vector<std::string> types, std::vector<ParquetSource> held)
      : held_(std::move(held)),
        database_(std::move(database)),
        connection_(std::move(connection)),
        rows_(std::move(rows)),
        names_(std::move(names)),
        types_(std::move(types)),
        cells_(names_.size()) {}

  const std::vector<std::string>& columns() const override { return names_; }
  std::vector<std::string> types() const override { return types_; }

  Result<const std::vector<Cell>*> Next() override {
    if (at_ == chunk_.rows()) {
      BENCHKEEP_ASSIGN(chunk_, rows_.Next());
      at_ = 0;
      if (chunk_.rows() == 0) return nullptr;
      columns_.clear();
      for (std::size_t i = 0; i < names_.size(); ++i) {
        columns_.push_back(chunk_.column(i));
      }
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      Read(columns_[i], cells_[i]);
    }
    ++at_;
    return &cells_;
  }

 private:
  void Read(const engine::Column& column, Cell& cell) const {
    if (column.IsNull(at_)) {
      cell.kind = Cell::Kind::kNull;
      return;
    }
    switch (column.type()) {
      case engine::Type::kBool:
        cell.kind = Cell::Kind::kBool;
        cell.boolean = column.Bool(at_);
        return;
      case engine::Type::kUint64:
        cell.kind = Cell::Kind::kUint;
        cell.unsigned_integer = column.Uint(at_);
        return;
      case engine::Type::kFloat:
      case engine::Type::kDouble:
        cell.kind = Cell::Kind::kDouble;
        cell.real = column.Double(at_);
        cell.single = column.type() == engine::Type::kFloat;
        return;
      case engine::Type::kText:
      case engine::Type::kOther:
        cell.kind = Cell::Kind::kText;
        cell.text = column.Text(at_);
        return;
      default:
        cell.kind = Cell::Kind::kInt;
        cell.integer = column.Int(at_);
    }
  }

  // Order matters: destroyed from the last to the first.
  std::vector<ParquetSource> held_;
  engine::Database database_;
  engine::Connection connection_;
  engine::Rows rows_;
  engine::Chunk chunk_;
  std::uint64_t at_ = 0;
  std::vector<std::string> names_;
  std::vector<std::string> types_;
  std::vector<engine::Column> columns_;
  std::vector<Cell> cells_;
};

struct Described {
  std::vector<std::string> names;
  std::vector<std::string> types;
};

Result<Described> Describe(engine::Connection& connection,
                           const std::string& sql) {
  BENCHKEEP_ASSIGN(
      engine::Rows rows,
      connection.Query(fmt::format(
          "SELECT column_name, column_type FROM (DESCRIBE {}\n)", sql)));
  Described out;
  while (true) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) return out;
    for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
      out.names.emplace_back(chunk.column(0).Text(i));
      out.types.emplace_back(chunk.column(1).Text(i));
    }
  }
}

// `sql` with every column that the engine cannot hand over as it is as text.
std::string AsReadable(const std::string& sql,
                       const std::vector<engine::ColumnInfo>& columns) {
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string slot = ColumnSlot(i);
    list += (i == 0 ? "" : ", ") +
            (columns[i].type == engine::Type::kOther
                 ? fmt::format("CAST({0} AS VARCHAR) AS {0}", slot)
                 : slot);
  }
  return fmt::format("SELECT {} FROM ({}\n) {}", list, sql,
                     ColumnSlots(columns.size()));
}

bool AnyOther(const std::vector<engine::ColumnInfo>& columns) {
  return std::any_of(columns.begin(), columns.end(), [](const auto& column) {
    return column.type == engine::Type::kOther;
  });
}

}  // namespace

Result<std::unique_ptr<RowScan>> MakeScan(engine::Database database,
                                          engine::Connection connection,
                                          const std::string& sql,
                                          std::vector<std::string> names,
                                          std::vector<ParquetSource> held) {
  // Looked at before the rows are asked for: a result once begun is computed.
  // A person's condition may be part of it, so it must be one that only reads.
  std::vector<engine::ColumnInfo> columns;
  {
    BENCHKEEP_ASSIGN(
        const engine::Rows probe,
        connection.QueryReadOnly("SELECT * FROM (" + sql + "\n) LIMIT 0"));
    columns = probe.columns();
  }
  BENCHKEEP_ASSIGN(Described described, Describe(connection, sql));
  BENCHKEEP_ASSIGN(
      engine::Rows rows,
      connection.Query(AnyOther(columns) ? AsReadable(sql, columns) : sql));
  return std::make_unique<EngineScan>(
      std::move(database), std::move(connection), std::move(rows),
      std::move(names), std::move(described.types), std::move(held));
}

Result<std::unique_ptr<RowScan>> MakeQueryScan(
    engine::Database database, engine::Connection connection,
    const std::string& sql, std::vector<ParquetSource> held) {
  // The statement as it is first: it must be one, and only read.
  std::vector<engine::ColumnInfo> columns;
  std::vector<std::string> names;
  std::vector<std::string> types;
  {
    BENCHKEEP_ASSIGN(const engine::Rows rows, connection.QueryReadOnly(sql));
    columns = rows.columns();
    for (const engine::ColumnInfo& column : columns) {
      names.push_back(column.name);
      types.emplace_back();
    }
    if (Result<Described> described = Describe(connection, sql);
        described.ok() && described->types.size() == names.size()) {
      types = std::move(described->types);
    }
  }
  BENCHKEEP_ASSIGN(engine::Rows rows,
                   connection.QueryReadOnly(
                       AnyOther(columns) ? AsReadable(sql, columns) : sql));
  return std::make_unique<EngineScan>(
      std::move(database), std::move(connection), std::move(rows),
      std::move(names), std::move(types), std::move(held));
}

Result<ResultsStatistics> ReadStatistics(
    const Store& store, const ParquetSource& source,
    const std::function<Result<engine::Database>()>& open_engine) {
  const Settings& settings = store.settings();
  const ParquetFooter& footer = source.footer();
  ResultsStatistics out;
  BENCHKEEP_ASSIGN(out.shape, ShapeOf(footer, settings));
  out.rows = footer.rows();
  out.bytes = source.info().size;
  BENCHKEEP_ASSIGN(engine::Database database, open_engine());
  BENCHKEEP_ASSIGN(engine::Connection connection, database.Connect());
  const auto slot = [&](const std::string& name) {
    const int found = footer.Find(name);
    return found < 0 ? std::string()
                     : ColumnSlot(static_cast<std::size_t>(found));
  };
  const std::string model = slot(settings.model);
  const std::string success = slot(settings.success);
  const bool records = out.shape == Shape::kRecords;
  const std::string total = records ? "" : slot(settings.total);
  // Tests; tests with a known outcome; successes.
  const std::string tests =
      records ? "count(*)::BIGINT"
              : fmt::format("coalesce(sum({}), 0)::BIGINT", total);
  const std::string known =
      success.empty() ? "0::BIGINT"
      : records
          ? fmt::format("count({})::BIGINT", success)
          : fmt::format("coalesce(sum({}) FILTER ({} IS NOT NULL), 0)::BIGINT",
                        total, success);
  const std::string won =
      success.empty()
          ? "0::DOUBLE"
          : fmt::format("coalesce(sum({}::DOUBLE), 0)::DOUBLE", success);
  BENCHKEEP_ASSIGN(
      engine::Rows rows,
      connection.Query(fmt::format(
          "SELECT {}::VARCHAR AS m, {}, {}, {} FROM {} GROUP BY ALL",
          model.empty() ? "NULL" : model, tests, known, won, source.From())));
  double successes = 0;
  std::uint64_t outcomes = 0;
  while (true) {
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, rows.Next());
    if (chunk.rows() == 0) break;
    for (std::uint64_t i = 0; i < chunk.rows(); ++i) {
      ModelStatistics one;
      if (!chunk.column(0).IsNull(i)) one.name = chunk.column(0).Text(i);
      one.total_tests = static_cast<std::uint64_t>(chunk.column(1).Int(i));
      const auto with = static_cast<std::uint64_t>(chunk.column(2).Int(i));
      const double good = chunk.column(3).Double(i);
      if (with > 0) one.success_rate = good / static_cast<double>(with);
      out.total_tests += one.total_tests;
      outcomes += with;
      successes += good;
      if (!model.empty()) out.models.push_back(std::move(one));
    }
  }
  out.successes = static_cast<std::uint64_t>(successes);
  if (outcomes > 0)
    out.success_rate = successes / static_cast<double>(outcomes);
  std::sort(out.models.begin(), out.models.end(),
            [](const ModelStatistics& a, const ModelStatistics& b) {
              return std::tie(b.total_tests, a.name) <
                     std::tie(a.total_tests, b.name);
            });
  std::string time = slot(settings.time);
  if (time.empty()) time = slot(std::string(kSummaryTime));
  if (!time.empty() && out.rows > 0) {
    BENCHKEEP_ASSIGN(engine::Rows newest, connection.Query(fmt::format(
                                              "SELECT max({})::VARCHAR FROM {}",
                                              time, source.From())));
    BENCHKEEP_ASSIGN(const engine::Chunk chunk, newest.Next());
    if (chunk.rows() == 1 && !chunk.column(0).IsNull(0)) {
      out.newest = std::string(chunk.column(0).Text(0));
    }
  }
  return out;
}

}  // namespace benchkeep::store
