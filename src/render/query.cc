// The answer to a query.

#include "render/query.h"

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using Kind = store::Cell::Kind;

// Longer texts are cut in the table; CSV and JSON have them whole.
constexpr std::size_t kWidestCell = 100;

bool IsNumber(Kind kind) {
  return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble;
}

Json ToJson(const ops::QueryValue& value) {
  switch (value.kind) {
    case Kind::kNull:
      return {};
    case Kind::kBool:
      return Json::Bool(value.text == "True");
    case Kind::kInt:
    case Kind::kUint:
      return Json::RawNumber(value.text);
    case Kind::kDouble: {
      const bool finite = value.text.find_first_of("Nn") == std::string::npos;
      return finite ? Json::RawNumber(value.text) : Json();
    }
    case Kind::kText:
      return Json::String(value.text);
  }
  return {};
}

std::string TableText(const ops::QueryReport& report, const Face& face) {
  TextTable table;
  for (std::size_t i = 0; i < report.columns.size(); ++i) {
    bool numbers = false;
    bool others = false;
    for (const auto& row : report.rows) {
      numbers = numbers || IsNumber(row[i].kind);
      others =
          others || row[i].kind == Kind::kText || row[i].kind == Kind::kBool;
    }
    table.Column(Printable(report.columns[i].name),
                 numbers && !others ? Align::kRight : Align::kLeft);
  }
  for (const auto& row : report.rows) {
    std::vector<TableCell> cells;
    for (const ops::QueryValue& value : row) {
      if (value.kind == Kind::kNull) {
        cells.emplace_back("NULL", Ink::kDim);
      } else {
        cells.emplace_back(Clip(Printable(value.text), kWidestCell));
      }
    }
    table.Row(std::move(cells));
  }
  std::string text = table.Render(face);
  const std::string count = Thousands(std::uint64_t{report.rows.size()});
  text += face.Paint(
      Ink::kDim,
      report.cut
          ? face.Tr(Say(N_("the first {0} rows; --limit 0 shows all"), count))
          : face.Tr(Say(N_("{0} rows"), count)));
  return text + "\n";
}

}  // namespace

Document QueryDocument(const ops::QueryReport& report, const Face& face) {
  Document document{.command = "query"};
  Json columns = Json::Array();
  for (const ops::QueryColumn& column : report.columns) {
    Json& json = columns.Append(Json::Object());
    json.Set("name", Json::String(column.name));
    json.Set("type", column.type.empty() ? Json() : Json::String(column.type));
  }
  Json rows = Json::Array();
  for (const auto& row : report.rows) {
    Json& json = rows.Append(Json::Array());
    for (const ops::QueryValue& value : row) json.Append(ToJson(value));
  }
  document.data.Set("columns", std::move(columns));
  document.data.Set("rows", std::move(rows));
  document.data.Set("cut", Json::Bool(report.cut));
  document.text = TableText(report, face);
  return document;
}

}  // namespace benchkeep::render
