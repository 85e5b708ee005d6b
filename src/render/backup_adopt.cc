// Copies taken in as backups.

#include "render/backup_adopt.h"

#include <utility>

#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using Outcome = ops::AdoptedCopy::Outcome;

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAdopted:
      return "adopted";
    case Outcome::kDuplicate:
      return "duplicate";
    case Outcome::kUnusable:
      return "unusable";
  }
  return "unusable";
}

std::string OutcomeWord(const ops::AdoptedCopy& copy, bool dry_run,
                        const Face& face) {
  switch (copy.outcome) {
    case Outcome::kAdopted:
      return dry_run ? face.Tr(N_("would become a backup"))
                     : face.Tr(Say(N_("is the backup {0} now"), copy.backup));
    case Outcome::kDuplicate:
      return copy.backup.empty()
                 ? face.Tr(N_("the same as another copy"))
                 : face.Tr(Say(N_("is in the backup {0}"), copy.backup));
    case Outcome::kUnusable:
      return face.Tr(N_("cannot be read"));
  }
  return {};
}

}  // namespace

Document BackupAdoptDocument(const ops::AdoptReport& report, const Face& face) {
  Document document{.command = "backup adopt"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("copy")))
      .Column(face.Tr(N_("size")), Align::kRight)
      .Column("");
  for (const ops::AdoptedCopy& copy : report.copies) {
    Json one = Json::Object();
    one.Set("path", Json::String(copy.name));
    one.Set("outcome", Json::String(OutcomeName(copy.outcome)));
    one.Set("backup", copy.backup.empty() ? Json() : Json::String(copy.backup));
    one.Set("bytes", Json::Uint(copy.bytes));
    one.Set("trashed", Json::Bool(copy.trashed));
    list.Append(std::move(one));
    table.Row({copy.name, HumanBytes(copy.bytes),
               OutcomeWord(copy, report.dry_run, face)});
  }
  Json& data = document.data;
  data.Set("adopted", Json::Uint(report.adopted));
  data.Set("duplicates", Json::Uint(report.duplicates));
  data.Set("unusable", Json::Uint(report.unusable));
  data.Set("trashed", Json::Uint(report.trashed));
  data.Set("trashed_bytes", Json::Uint(report.trashed_bytes));
  data.Set("copies", std::move(list));
  data.Set("dry_run", Json::Bool(report.dry_run));
  data.Set("undo", report.txn.empty() ? Json() : Json::String(report.txn));
  std::string& text = document.text;
  if (report.copies.empty()) {
    text = face.Tr(N_("there are no copies made by hand")) + "\n";
    return document;
  }
  text = table.Render(face);
  text += face.Tr(report.dry_run
                      ? Say(N_("{0} copies would become backups; {1} are "
                               "duplicates"),
                            report.adopted, report.duplicates)
                      : Say(N_("{0} copies became backups; {1} are "
                               "duplicates"),
                            report.adopted, report.duplicates)) +
          "\n";
  if (report.trashed > 0) {
    text +=
        face.Tr(report.dry_run
                    ? Say(N_("{0} copies would go to the trash, {1}"),
                          report.trashed, HumanBytes(report.trashed_bytes))
                    : Say(N_("{0} copies went to the trash, {1}"),
                          report.trashed, HumanBytes(report.trashed_bytes))) +
        "\n";
  } else if (report.adopted + report.duplicates > 0) {
    text += face.Tr(N_("the copies are still there; what is in a backup goes "
                       "to the trash with: benchkeep backup adopt "
                       "--trash-duplicates")) +
            "\n";
  }
  text += UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
