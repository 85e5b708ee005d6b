// A person's read-only SQL.

#include "ops/query.h"

#include <memory>
#include <utility>

namespace benchkeep::ops {
namespace {

QueryValue Keep(const store::Cell& cell) {
  QueryValue value{cell.kind, {}};
  AppendPlain(value.text, cell);
  return value;
}

}  // namespace

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
    for (const store::Cell& cell : *cells) row.push_back(Keep(cell));
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
