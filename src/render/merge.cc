// What consolidate and dedupe did.

#include "render/merge.h"

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

void SetCommon(const store::MergeOutcome& outcome, bool dry_run,
               const std::string& txn, Json& data) {
  data.Set("row_groups_copied", Json::Uint(outcome.row_groups_copied));
  data.Set("row_groups_cut", Json::Uint(outcome.row_groups_cut));
  data.Set("row_groups_written", Json::Uint(outcome.row_groups_written));
  data.Set("rows_before", Json::Uint(outcome.before.rows));
  data.Set("rows_after", Json::Uint(outcome.after.rows));
  data.Set("shape", Json::String(store::ShapeName(outcome.shape)));
  data.Set("conflicting", Json::Uint(outcome.conflicting));
  Json conflicts = Json::Array();
  for (const store::Conflict& conflict : outcome.conflicts) {
    Json& one = conflicts.Append(Json::Object());
    one.Set("key", Json::String(conflict.key));
    one.Set("before", Json::String(conflict.before));
    one.Set("after", Json::String(conflict.after));
  }
  data.Set("conflicts", std::move(conflicts));
  data.Set("dry_run", Json::Bool(dry_run));
  data.Set("undo", txn.empty() ? Json() : Json::String(txn));
}

std::string Line(const std::string& text) { return text + "\n"; }

std::string ConflictLines(const store::MergeOutcome& outcome,
                          const Face& face) {
  constexpr std::size_t kShown = 5;
  if (outcome.conflicts.empty()) return {};
  TextTable table;
  table.Column(face.Tr(N_("key")))
      .Column(face.Tr(N_("superseded outcome")))
      .Column(face.Tr(N_("outcome that stands")));
  for (std::size_t i = 0; i < outcome.conflicts.size() && i < kShown; ++i) {
    const store::Conflict& conflict = outcome.conflicts[i];
    table.Row({conflict.key, conflict.before, conflict.after});
  }
  std::string text = "\n" + table.Render(face, 2);
  if (outcome.conflicting > kShown) {
    text += "  " + Line(face.Tr(Say(N_("... and {0} more"),
                                    Thousands(outcome.conflicting - kShown))));
  }
  return text;
}

}  // namespace

std::string UndoHint(const std::string& txn, const Face& face) {
  if (txn.empty()) return {};
  return face.Paint(Ink::kDim,
                    face.Tr(Say(N_("take it back: benchkeep undo {0}"), txn))) +
         "\n";
}

Document ConsolidateDocument(const ops::ConsolidateReport& report,
                             const Face& face) {
  const store::MergeOutcome& outcome = report.outcome;
  Document document{.command = "consolidate"};
  document.status = OutcomeOf(report.findings);
  Json& data = document.data;
  data.Set("files_merged", Json::Uint(report.files_merged));
  data.Set("files_skipped", Json::Uint(report.files_skipped));
  data.Set("files_quarantined", Json::Uint(report.files_quarantined));
  data.Set("files_brought_back", Json::Uint(report.files_brought_back));
  data.Set("rows_seen", Json::Uint(report.rows_seen));
  data.Set("rows_added", Json::Uint(outcome.rows_added));
  data.Set("rows_replaced", Json::Uint(outcome.rows_replaced));
  data.Set("rows_superseded", Json::Uint(outcome.superseded.rows));
  SetCommon(outcome, report.dry_run, report.txn, data);
  document.findings = report.findings;

  std::string& text = document.text;
  if (report.files_merged + report.files_quarantined == 0) {
    text = Line(face.Tr(report.files_skipped == 0
                            ? N_("no increments are waiting")
                            : N_("nothing could be merged yet")));
    return document;
  }
  if (report.dry_run) {
    text += Line(face.Tr(N_("a rehearsal: nothing was changed")));
  }
  text += Line(face.Tr(Say(
      N_("merged {0} increments with {1} rows; skipped {2}, quarantined "
         "{3}"),
      Thousands(report.files_merged), Thousands(report.rows_seen),
      Thousands(report.files_skipped), Thousands(report.files_quarantined))));
  text += Line(face.Tr(
      Say(N_("results: {0} -> {1} rows ({2} added, {3} replaced)"),
          Thousands(outcome.before.rows), Thousands(outcome.after.rows),
          Thousands(outcome.rows_added), Thousands(outcome.rows_replaced))));
  if (!report.dry_run) {
    text += Line(face.Tr(Say(
        N_("balance: {0} before + {1} seen = {2} now + {3} superseded, read "
           "back and compared"),
        Thousands(outcome.before.rows), Thousands(outcome.seen.rows),
        Thousands(outcome.after.rows), Thousands(outcome.superseded.rows))));
  }
  text += ConflictLines(outcome, face) + UndoHint(report.txn, face);
  return document;
}

Document DedupeDocument(const ops::DedupeReport& report, const Face& face) {
  const store::MergeOutcome& outcome = report.outcome;
  Document document{.command = "dedupe"};
  document.status = OutcomeOf(report.findings);
  document.data.Set("removed", Json::Uint(outcome.superseded.rows));
  SetCommon(outcome, report.dry_run, report.txn, document.data);
  document.findings = report.findings;
  std::string& text = document.text;
  if (outcome.superseded.rows == 0) {
    text = Line(face.Tr(Say(N_("no duplicates among {0} rows"),
                            Thousands(outcome.before.rows))));
    return document;
  }
  if (report.dry_run) {
    text += Line(face.Tr(N_("a rehearsal: nothing was changed")));
  }
  text += Line(face.Tr(
      Say(N_("results: {0} -> {1} rows ({2} duplicates removed, {3} of another "
             "outcome)"),
          Thousands(outcome.before.rows), Thousands(outcome.after.rows),
          Thousands(outcome.superseded.rows), Thousands(outcome.conflicting))));
  text += ConflictLines(outcome, face) + UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
