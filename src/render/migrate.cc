// What migrate did.

#include "render/migrate.h"

#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json MergedJson(const std::optional<store::MergeOutcome>& merged) {
  if (!merged) return {};
  Json json = Json::Object();
  json.Set("rows_before", Json::Uint(merged->before.rows));
  json.Set("rows_added", Json::Uint(merged->rows_added));
  json.Set("rows_replaced", Json::Uint(merged->rows_replaced));
  json.Set("rows_after", Json::Uint(merged->after.rows));
  json.Set("conflicting", Json::Uint(merged->conflicting));
  return json;
}

Message WhatHappened(const ops::MigrateReport& report) {
  const std::string cells = Thousands(report.cells);
  const std::string rows = Thousands(report.rows);
  if (report.to == ops::MigrateTo::kMaster) {
    return report.dry_run
               ? Say(N_("would make {0} cells of the {1} rows of {2} and write "
                        "them to {3}"),
                     cells, rows, report.source, report.target)
               : Say(N_("made {0} cells of the {1} rows of {2} and wrote them "
                        "to {3}"),
                     cells, rows, report.source, report.target);
  }
  return report.dry_run
             ? Say(N_("would make {0} rows of the {1} cells of {2} for {3}"),
                   rows, cells, report.source, report.target)
             : Say(N_("made {0} rows of the {1} cells of {2} for {3}"), rows,
                   cells, report.source, report.target);
}

}  // namespace

Document MigrateDocument(const ops::MigrateReport& report, const Face& face) {
  Document document{.command = "migrate"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  const bool to_master = report.to == ops::MigrateTo::kMaster;
  data.Set("to", Json::String(to_master ? "json" : "parquet"));
  data.Set("shape", Json::String(store::ShapeName(report.shape)));
  data.Set("source", Json::String(report.source));
  data.Set("target", Json::String(report.target));
  data.Set("cells", Json::Uint(report.cells));
  data.Set("rows", Json::Uint(report.rows));
  data.Set("total_tests", Json::Uint(report.total_tests));
  data.Set("models", Json::Uint(report.models));
  data.Set("verified", Json::Bool(report.verified));
  data.Set("merged", MergedJson(report.merged));
  data.Set("dry_run", Json::Bool(report.dry_run));
  data.Set("undo", report.txn.empty() ? Json() : Json::String(report.txn));

  std::string& text = document.text;
  const auto line = [&](const Message& message) {
    text += face.Tr(message) + "\n";
  };
  if (report.dry_run) line(Say(N_("a rehearsal: nothing was changed")));
  line(WhatHappened(report));
  line(report.verified
           ? Say(N_("{0} tests of {1} models, read back and counted"),
                 Thousands(report.total_tests), Thousands(report.models))
           : Say(N_("{0} tests of {1} models"), Thousands(report.total_tests),
                 Thousands(report.models)));
  if (report.merged) {
    line(Say(N_("results: {0} -> {1} rows ({2} added, {3} replaced)"),
             Thousands(report.merged->before.rows),
             Thousands(report.merged->after.rows),
             Thousands(report.merged->rows_added),
             Thousands(report.merged->rows_replaced)));
  }
  text += UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
