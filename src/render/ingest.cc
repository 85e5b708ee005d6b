// What ingest took in.

#include "render/ingest.h"

#include "render/text_table.h"

namespace benchkeep::render {

Document IngestDocument(const ops::IngestReport& report, const Face& face) {
  Document document{.command = "ingest"};
  Json& data = document.data;
  data.Set("rows", Json::Uint(report.rows));
  data.Set("bad_rows", Json::Uint(report.bad_rows));
  data.Set("file", report.file.empty() ? Json() : Json::String(report.file));
  data.Set("repeated", Json::Bool(report.repeated));
  data.Set("dry_run", Json::Bool(report.dry_run));
  Json problems = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("line")), Align::kRight)
      .Column(face.Tr(N_("column")))
      .Column(face.Tr(N_("why")));
  for (const ops::RowProblem& problem : report.problems) {
    Json& one = problems.Append(Json::Object());
    one.Set("line", Json::Uint(problem.line));
    one.Set("column",
            problem.column.empty() ? Json() : Json::String(problem.column));
    one.Set("reason", Json::String(face.Tr(problem.reason)));
    table.Row({std::to_string(problem.line), problem.column,
               face.Tr(problem.reason)});
  }
  data.Set("problems", std::move(problems));
  const bool refused = report.bad_rows > 0 && report.rows == 0;
  if (report.bad_rows > 0) {
    document.findings.push_back(
        {"rows_refused", refused ? Severity::kCritical : Severity::kWarning, "",
         Say(N_("{0} rows cannot be taken in"), report.bad_rows),
         refused ? Say(N_("correct them, or take the others with --skip-bad"))
                 : Message()});
  }
  document.status = refused ? Outcome::kFailed : OutcomeOf(document.findings);
  if (!table.empty()) document.text = table.Render(face) + "\n";
  document.text +=
      face.Tr(refused           ? Say(N_("nothing was taken in"))
              : report.repeated ? Say(N_("these {0} rows were taken in before"),
                                      Thousands(report.rows))
              : report.dry_run  ? Say(N_("{0} rows would be taken in"),
                                      Thousands(report.rows))
                                : Say(N_("took in {0} rows as {1}"),
                                      Thousands(report.rows), report.file));
  document.text += "\n";
  return document;
}

}  // namespace benchkeep::render
