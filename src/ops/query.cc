// A person's read-only SQL.

#include "ops/query.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "store/leaf_tables.h"
#include "store/master_database.h"

namespace benchkeep::ops {
namespace {

// `number`: the text of the cell is one.
QueryValue Keep(const store::Cell& cell, bool number) {
  QueryValue value{cell.kind, {}};
  if (number && cell.kind == store::Cell::Kind::kText) {
    value.kind = cell.text.find('.') == std::string_view::npos
                     ? store::Cell::Kind::kInt
                     : store::Cell::Kind::kDouble;
  }
  AppendPlain(value.text, cell);
  return value;
}

constexpr std::string_view kCells = "cells";

bool Mentions(const std::string& sql, std::string_view table) {
  const auto found = std::search(
      sql.begin(), sql.end(), table.begin(), table.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) ==
               b;
      });
  return found != sql.end();
}

}  // namespace

Result<std::unique_ptr<QueryTables>> OpenQueryTables(
    const store::Store& store, const std::string& sql,
    const store::ResultsOptions& options, Progress& progress) {
  const bool cells = Mentions(sql, kCells);
  store::ResultsOptions wanted = options;
  wanted.other_tables_only =
      cells && !Mentions(sql, "results") && !Mentions(sql, "increments");
  BENCHKEEP_ASSIGN(std::unique_ptr<store::ParquetResults> results,
                   store::ParquetResults::Open(store, wanted));
  std::optional<store::ScratchFolder> scratch;
  if (cells) {
    BENCHKEEP_ASSIGN(const bool any,
                     fs::Exists(store.file_system(), store.layout().master()));
    if (any) {
      BENCHKEEP_ASSIGN(
          const store::MasterDatabase master,
          store::LoadMaster(store.file_system(), store.layout().master()));
      BENCHKEEP_ASSIGN(store::ScratchFolder folder,
                       store::ScratchFolder::Create(store));
      scratch.emplace(std::move(folder));
      const store::TableOptions table{.folder = scratch->path(),
                                      .name = "cells.parquet",
                                      .memory_bytes = options.memory_bytes};
      BENCHKEEP_ASSIGN(
          [[maybe_unused]] const std::uint64_t rows,
          store::WriteSummary(master, store.file_system(), table, progress));
      results->AddTable({std::string(kCells), table.folder / table.name});
    }
  }
  return std::make_unique<QueryTables>(std::move(scratch), std::move(results));
}

Result<QueryReport> RunQuery(store::Results& results,
                             const QueryOptions& options, Progress& progress) {
  progress.Stage(Say(N_("running the query")), 0);
  BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                   results.Query(options.sql));
  QueryReport report;
  const std::vector<std::string> types = scan->types();
  for (std::size_t i = 0; i < scan->columns().size(); ++i) {
    report.columns.push_back(
        {scan->columns()[i], i < types.size() ? types[i] : std::string()});
  }
  const std::vector<bool> numbers = NumbersInText(report.columns.size(), types);
  while (true) {
    if (progress.Cancelled()) {
      return Fail(Code::kCancelled, Say(N_("interrupted")));
    }
    BENCHKEEP_ASSIGN(const std::vector<store::Cell>* const cells, scan->Next());
    if (cells == nullptr) return report;
    if (options.limit != 0 && report.rows.size() == options.limit) {
      report.cut = true;
      return report;
    }
    std::vector<QueryValue> row;
    row.reserve(cells->size());
    for (std::size_t i = 0; i < cells->size(); ++i) {
      row.push_back(Keep((*cells)[i], numbers[i]));
    }
    report.rows.push_back(std::move(row));
  }
}

Result<std::uint64_t> StreamQuery(store::Results& results,
                                  const std::string& sql, ExportFormat format,
                                  ByteSink& sink, Progress& progress) {
  BENCHKEEP_ASSIGN(const std::unique_ptr<RowWriter> writer,
                   MakeTextWriter(format, CsvDialect::kPlain, sink));
  progress.Stage(Say(N_("running the query")), 0);
  BENCHKEEP_ASSIGN(const std::unique_ptr<store::RowScan> scan,
                   results.Query(sql));
  return PumpRows(*scan, {writer.get()}, progress);
}

}  // namespace benchkeep::ops
