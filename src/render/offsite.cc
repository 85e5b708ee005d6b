// Off-site backups.

#include "render/offsite.h"

#include <utility>

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json::String(text);
}

Message WhatHappened(const ops::OffsiteReport& report) {
  const std::string& place = report.repository;
  if (report.action == "init")
    return Say(N_("made a repository at {0}"), place);
  if (report.action == "push") {
    return report.bytes == 0
               ? Say(N_("the backup {0} is at {1} already"), report.backup,
                     place)
               : Say(N_("handed the backup {0} over to {1}: {2}, of which {3} "
                        "were new"),
                     report.backup, place, HumanBytes(report.bytes),
                     HumanBytes(report.bytes_added));
  }
  if (report.action == "check") {
    return Say(N_("restic found no fault at {0}"), place);
  }
  if (report.action == "forget") {
    return report.dry_run
               ? Say(N_("{0} snapshots would go from {1}"), report.removed,
                     place)
               : Say(N_("{0} snapshots went from {1}"), report.removed, place);
  }
  if (report.action == "restore") {
    return Say(N_("brought the backup {0} back into {1}, every file compared "
                  "with its manifest"),
               report.backup, report.to);
  }
  return Say(N_("{0} backups at {1}"), report.snapshots.size(), place);
}

}  // namespace

Document OffsiteDocument(const ops::OffsiteReport& report, const Face& face) {
  Document document{.command = "backup offsite " + report.action};
  Json& data = document.data;
  data.Set("repository", Json::String(report.repository));
  data.Set("id", TextOrNull(report.backup));
  data.Set("snapshot", TextOrNull(report.snapshot));
  data.Set("bytes", Json::Uint(report.bytes));
  data.Set("bytes_added", Json::Uint(report.bytes_added));
  data.Set("removed", Json::Uint(report.removed));
  data.Set("to", TextOrNull(report.to.string()));
  data.Set("dry_run", Json::Bool(report.dry_run));
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("backup")))
      .Column(face.Tr(N_("snapshot")))
      .Column(face.Tr(N_("host")))
      .Column(face.Tr(N_("handed over")));
  for (const ops::OffsiteSnapshot& one : report.snapshots) {
    Json item = Json::Object();
    item.Set("id", Json::String(one.backup));
    item.Set("snapshot", Json::String(one.id));
    item.Set("host", Json::String(one.host));
    item.Set("time", Json::String(one.time));
    list.Append(std::move(item));
    table.Row({one.backup, one.id, one.host, one.time.substr(0, 19)});
  }
  data.Set("snapshots", std::move(list));
  if (report.action == "list" && !report.snapshots.empty()) {
    document.text = table.Render(face);
  }
  document.text += face.Tr(WhatHappened(report)) + "\n";
  return document;
}

}  // namespace benchkeep::render
