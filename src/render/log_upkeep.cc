// What became of old logs.

#include "render/log_upkeep.h"

#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Document CommonDocument(const char* command,
                        const ops::LogUpkeepReport& report) {
  Document document{.command = command};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  data.Set("removed", Json::Uint(report.changes.size()));
  data.Set("kept", Json::Uint(report.kept));
  data.Set("open", Json::Uint(report.open));
  data.Set("bytes_freed", Json::Uint(report.bytes_freed));
  data.Set("dry_run", Json::Bool(report.dry_run));
  Json undo = Json::Array();
  for (const std::string& txn : report.txns) undo.Append(Json::String(txn));
  data.Set("undo", std::move(undo));
  Json files = Json::Array();
  for (const ops::LogChange& change : report.changes) {
    Json& one = files.Append(Json::Object());
    one.Set("path", Json::String(change.path));
    one.Set("bytes_before", Json::Uint(change.bytes_before));
    one.Set("bytes_after", Json::Uint(change.bytes_after));
  }
  data.Set("files", std::move(files));
  return document;
}

std::string Rest(const ops::LogUpkeepReport& report, const Face& face) {
  std::string text;
  if (report.open > 0) {
    text += face.Tr(Say(N_("{0} are being written and were left alone"),
                        Thousands(report.open))) +
            "\n";
  }
  for (const std::string& txn : report.txns) text += UndoHint(txn, face);
  return text;
}

std::uint64_t BytesBefore(const ops::LogUpkeepReport& report) {
  std::uint64_t bytes = 0;
  for (const ops::LogChange& change : report.changes) {
    bytes += change.bytes_before;
  }
  return bytes;
}

}  // namespace

Document LogsCompressDocument(const ops::LogUpkeepReport& report,
                              const Face& face) {
  Document document = CommonDocument("logs compress", report);
  const std::string count = Thousands(std::uint64_t{report.changes.size()});
  const std::uint64_t before = BytesBefore(report);
  std::string& text = document.text;
  if (report.changes.empty()) {
    text = face.Tr(N_("no log is old enough to be packed"));
  } else if (report.dry_run) {
    text = face.Tr(
        Say(N_("{0} logs of {1} would be packed"), count, HumanBytes(before)));
  } else {
    text = face.Tr(Say(N_("packed {0} logs: {1} became {2}"), count,
                       HumanBytes(before),
                       HumanBytes(before - report.bytes_freed)));
  }
  text += "\n" + Rest(report, face);
  return document;
}

Document LogsPruneDocument(const ops::LogUpkeepReport& report,
                           const Face& face) {
  Document document = CommonDocument("logs prune", report);
  const std::string count = Thousands(std::uint64_t{report.changes.size()});
  const std::string bytes = HumanBytes(report.bytes_freed);
  std::string& text = document.text;
  if (report.changes.empty()) {
    text = face.Tr(N_("no log is old enough to go"));
  } else if (report.dry_run) {
    text =
        face.Tr(Say(N_("{0} logs of {1} would go to the trash"), count, bytes));
  } else {
    text = face.Tr(Say(N_("{0} logs of {1} went to the trash; `benchkeep "
                          "clean` frees the room when they can no longer be "
                          "undone"),
                       count, bytes));
  }
  text += "\n" + Rest(report, face);
  return document;
}

}  // namespace benchkeep::render
