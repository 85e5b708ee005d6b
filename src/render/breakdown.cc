// The breakdown as JSON and as tables.

#include "render/breakdown.h"

#include <chrono>
#include <map>

#include "base/clock.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using Source = ops::BreakdownReport::Source;

Json SourceJson(Source source) {
  switch (source) {
    case Source::kResults:
      return Json::String("results");
    case Source::kMaster:
      return Json::String("master");
    case Source::kNone:
      break;
  }
  return {};
}

Json RateJson(const std::optional<double>& rate) {
  return rate ? Json::Double(*rate) : Json();
}

void SetCount(Json& json, const ops::BreakdownCount& count) {
  json.Set("total_tests", Json::Uint(count.total_tests));
  json.Set("success_rate", RateJson(count.success_rate()));
}

Json DimensionJson(const ops::Dimension& dimension) {
  Json json = Json::Object();
  json.Set("column", Json::String(dimension.column));
  Json& parts = json.Set("parts", Json::Array());
  for (const ops::Dimension::Part& part : dimension.parts) {
    Json& one = parts.Append(Json::Object());
    one.Set("value", part.value ? Json::String(*part.value) : Json());
    SetCount(one, part.count);
  }
  return json;
}

Json MatrixJson(const ops::Matrix& matrix) {
  Json json = Json::Object();
  json.Set("rows", Json::String(matrix.rows));
  json.Set("columns", Json::String(matrix.columns));
  Json& cells = json.Set("cells", Json::Array());
  for (const ops::Matrix::Cell& cell : matrix.cells) {
    Json& one = cells.Append(Json::Object());
    one.Set("row", Json::Uint(cell.row));
    one.Set("column", Json::Uint(cell.column));
    SetCount(one, cell.count);
  }
  return json;
}

Json TimelineJson(const store::Timeline& timeline) {
  Json json = Json::Object();
  json.Set("slot_seconds", Json::Int(timeline.slot_seconds));
  Json& slots = json.Set("slots", Json::Array());
  for (const store::Timeline::Slot& slot : timeline.slots) {
    Json& one = slots.Append(Json::Object());
    // The clock of the results, whatever its zone: hence no Z.
    std::string start =
        FormatIso(TimePoint(std::chrono::seconds(slot.start_seconds)));
    start.pop_back();
    one.Set("start", Json::String(start));
    SetCount(one, {slot.total_tests, slot.known, slot.successes});
  }
  return json;
}

std::string Name(const std::optional<std::string>& value, const Face& face) {
  return value && !value->empty() ? *value : face.Tr(N_("(none)"));
}

std::string DimensionTable(const ops::Dimension& dimension, const Face& face) {
  TextTable table;
  table.Column(dimension.column)
      .Column(face.Tr(N_("tests")), Align::kRight)
      .Column(face.Tr(N_("success")), Align::kRight);
  for (const ops::Dimension::Part& part : dimension.parts) {
    table.Row({Name(part.value, face), Thousands(part.count.total_tests),
               Percent(part.count.success_rate())});
  }
  return "\n" + table.Render(face);
}

// The first two dimensions against each other.
std::string MatrixTable(const ops::BreakdownReport& report, const Face& face) {
  constexpr std::size_t kMaxColumns = 8;
  if (report.matrices.empty() || report.dimensions.size() < 2) return {};
  const ops::Dimension& rows = report.dimensions[0];
  const ops::Dimension& columns = report.dimensions[1];
  if (columns.parts.size() > kMaxColumns) return {};
  std::map<std::pair<std::size_t, std::size_t>, std::optional<double>> rates;
  for (const ops::Matrix::Cell& cell : report.matrices.front().cells) {
    rates[{cell.row, cell.column}] = cell.count.success_rate();
  }
  TextTable table;
  table.Column(rows.column + " \\ " + columns.column);
  for (const ops::Dimension::Part& part : columns.parts) {
    table.Column(Name(part.value, face), Align::kRight);
  }
  for (std::size_t row = 0; row < rows.parts.size(); ++row) {
    std::vector<TableCell> cells = {Name(rows.parts[row].value, face)};
    for (std::size_t column = 0; column < columns.parts.size(); ++column) {
      const auto found = rates.find({row, column});
      cells.emplace_back(found == rates.end() ? "-" : Percent(found->second));
    }
    table.Row(std::move(cells));
  }
  return "\n" + table.Render(face);
}

}  // namespace

Document BreakdownDocument(const ops::BreakdownReport& report,
                           const Face& face) {
  Document document{.command = "breakdown"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  document.data.Set("source", SourceJson(report.source));
  SetCount(document.data, report.all);
  Json& dimensions = document.data.Set("dimensions", Json::Array());
  for (const ops::Dimension& dimension : report.dimensions) {
    dimensions.Append(DimensionJson(dimension));
  }
  Json& matrices = document.data.Set("matrices", Json::Array());
  for (const ops::Matrix& matrix : report.matrices) {
    matrices.Append(MatrixJson(matrix));
  }
  document.data.Set("timeline", TimelineJson(report.timeline));
  document.text = face.Tr(Say(N_("{0} tests, {1} succeeded"),
                              Thousands(report.all.total_tests),
                              Percent(report.all.success_rate()))) +
                  "\n";
  for (const ops::Dimension& dimension : report.dimensions) {
    document.text += DimensionTable(dimension, face);
  }
  document.text += MatrixTable(report, face);
  return document;
}

}  // namespace benchkeep::render
