// Backups verified and pruned.

#include "render/backup_care.h"

#include <utility>

#include "render/backup.h"
#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {

Document BackupVerifyDocument(const ops::VerifyReport& report,
                              const Face& face) {
  Document document{.command = "backup verify"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("id")))
      .Column(face.Tr(N_("size")), Align::kRight)
      .Column("");
  for (const ops::VerifyReport::Line& line : report.backups) {
    if (!line.read) continue;
    Json one = Json::Object();
    one.Set("id", Json::String(line.backup.id));
    one.Set("intact", report.dry_run ? Json() : Json::Bool(line.intact));
    one.Set("bytes", Json::Uint(line.backup.bytes));
    Json problems = Json::Array();
    for (const Message& problem : line.problems) {
      problems.Append(Json::String(face.Tr(problem)));
    }
    one.Set("problems", std::move(problems));
    list.Append(std::move(one));
    TableCell verdict("");
    if (!report.dry_run) {
      verdict = line.intact ? TableCell(face.Tr(N_("intact")), Ink::kGood)
                            : TableCell(face.Tr(N_("damaged")), Ink::kBad);
    }
    table.Row({line.backup.id, HumanBytes(line.backup.bytes), verdict});
  }
  Json& data = document.data;
  data.Set("backups", std::move(list));
  data.Set("verified", Json::Uint(report.verified));
  data.Set("damaged", Json::Uint(report.damaged));
  data.Set("bytes", Json::Uint(report.bytes));
  data.Set("dry_run", Json::Bool(report.dry_run));
  std::string& text = document.text;
  if (report.verified == 0) {
    text = face.Tr(N_("there is no backup to verify")) + "\n";
    return document;
  }
  text = table.Render(face);
  text +=
      face.Tr(report.dry_run
                  ? Say(N_("would read {0} backups, {1}"),
                        Thousands(report.verified), HumanBytes(report.bytes))
                  : Say(N_("{0} backups read and restored for a test, "
                           "{1}; {2} damaged"),
                        Thousands(report.verified), HumanBytes(report.bytes),
                        Thousands(report.damaged))) +
      "\n";
  return document;
}

Document BackupPruneDocument(const ops::PruneReport& report, const Face& face) {
  Document document{.command = "backup prune"};
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("id")))
      .Column(face.Tr(N_("state")))
      .Column(face.Tr(N_("size")), Align::kRight)
      .Column("")
      .Column(face.Tr(N_("why")));
  for (const ops::PruneReport::Line& line : report.backups) {
    Json one = Json::Object();
    one.Set("id", Json::String(line.backup.id));
    one.Set("state", Json::String(store::BackupStateName(line.backup.state)));
    one.Set("bytes", Json::Uint(line.backup.bytes));
    one.Set("keep", Json::Bool(line.keep));
    one.Set("why", Json::String(face.Tr(line.why)));
    list.Append(std::move(one));
    table.Row(
        {line.backup.id,
         {StateWord(line.backup.state, face), StateInk(line.backup.state)},
         HumanBytes(line.backup.bytes),
         line.keep ? TableCell(face.Tr(N_("stays")))
                   : TableCell(face.Tr(N_("goes")), Ink::kWarning),
         face.Tr(line.why)});
  }
  Json& data = document.data;
  data.Set("removed", Json::Uint(report.removed));
  data.Set("kept", Json::Uint(report.kept));
  data.Set("bytes", Json::Uint(report.bytes));
  data.Set("backups", std::move(list));
  data.Set("dry_run", Json::Bool(report.dry_run));
  data.Set("undo", report.txn.empty() ? Json() : Json::String(report.txn));
  std::string& text = document.text;
  if (!report.backups.empty()) text = table.Render(face);
  if (report.removed == 0) {
    text += face.Tr(N_("no backup has to go")) + "\n";
    return document;
  }
  text +=
      face.Tr(report.dry_run
                  ? Say(N_("would move {0} backups to the trash, {1}"),
                        Thousands(report.removed), HumanBytes(report.bytes))
                  : Say(N_("moved {0} backups to the trash, {1}"),
                        Thousands(report.removed), HumanBytes(report.bytes))) +
      "\n" + UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
