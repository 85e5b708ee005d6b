// What an export did.

#include "render/export.h"

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

void SetFile(Json& json, const ops::ExportedFile& file) {
  json.Set("file", Json::String(file.file));
  json.Set("format", Json::String(ops::ExportFormatName(file.format)));
  json.Set("bytes", Json::Uint(file.bytes));
  if (file.sheets > 0) json.Set("sheets", Json::Uint(file.sheets));
}

std::string Line(const ops::ExportReport& report, const ops::ExportedFile& file,
                 const Face& face) {
  const std::string rows = Thousands(report.rows);
  const char* format = ops::ExportFormatName(file.format);
  if (report.dry_run) {
    return face.Tr(Say(N_("would write {0} rows of {1} columns to {2} ({3})"),
                       rows, report.columns.size(), file.file, format));
  }
  if (file.sheets > 1) {
    return face.Tr(Say(N_("wrote {0} rows to {1} ({2}, {3}, {4} sheets)"), rows,
                       file.file, format, HumanBytes(file.bytes), file.sheets));
  }
  return face.Tr(Say(N_("wrote {0} rows to {1} ({2}, {3})"), rows, file.file,
                     format, HumanBytes(file.bytes)));
}

}  // namespace

Document ExportDocument(const ops::ExportReport& report, const Face& face) {
  Document document{.command = "export",
                    .status = OutcomeOf(report.findings),
                    .findings = report.findings};
  Json& data = document.data;
  data.Set("rows", Json::Uint(report.rows));
  if (report.files.size() == 1) SetFile(data, report.files[0]);
  Json columns = Json::Array();
  for (const std::string& name : report.columns) {
    columns.Append(Json::String(name));
  }
  data.Set("columns", std::move(columns));
  data.Set("dry_run", Json::Bool(report.dry_run));
  Json files = Json::Array();
  for (const ops::ExportedFile& file : report.files) {
    SetFile(files.Append(Json::Object()), file);
    document.text += Line(report, file, face) + "\n";
  }
  data.Set("files", std::move(files));
  return document;
}

}  // namespace benchkeep::render
