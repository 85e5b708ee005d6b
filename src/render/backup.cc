// Backups made, listed and brought back.

#include "render/backup.h"

#include <algorithm>
#include <utility>

#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using Action = ops::RestoredFile::Action;

Json ReasonsJson(const std::vector<Message>& reasons, const Face& face) {
  Json list = Json::Array();
  for (const Message& reason : reasons) {
    list.Append(Json::String(face.Tr(reason)));
  }
  return list;
}

Json OptionalJson(const std::optional<std::uint64_t>& value) {
  return value ? Json::Uint(*value) : Json();
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json::String(text);
}

const char* ActionName(Action action) {
  switch (action) {
    case Action::kSame:
      return "same";
    case Action::kCreate:
      return "create";
    case Action::kReplace:
      return "replace";
    case Action::kBeside:
      return "beside";
    case Action::kMerge:
      return "merge";
    case Action::kKept:
      return "kept";
  }
  return "same";
}

std::string ActionWord(Action action, const Face& face) {
  switch (action) {
    case Action::kSame:
      return face.Tr(N_("is the same already"));
    case Action::kCreate:
      return face.Tr(N_("is put back"));
    case Action::kReplace:
      return face.Tr(N_("is replaced; what is there can be had by undo"));
    case Action::kBeside:
      return face.Tr(N_("is put beside the one of today, which has changed"));
    case Action::kMerge:
      return face.Tr(N_("gets the missing tests added"));
    case Action::kKept:
      return face.Tr(N_("stays as it is today"));
  }
  return {};
}

// Long lists of increments say little: the first few, then how many more.
std::string FilesText(const std::vector<ops::RestoredFile>& files,
                      const Face& face) {
  constexpr std::size_t kShown = 20;
  TextTable table;
  table.Column(face.Tr(N_("file"))).Column("");
  std::size_t shown = 0;
  std::size_t same = 0;
  for (const ops::RestoredFile& file : files) {
    if (file.action == Action::kSame) {
      ++same;
    } else if (++shown <= kShown) {
      table.Row({file.path, ActionWord(file.action, face)});
    }
  }
  std::string text = shown == 0 ? "" : table.Render(face);
  if (shown > kShown) {
    text += face.Tr(Say(N_("and {0} files more"), shown - kShown)) + "\n";
  }
  if (same > 0) {
    text += face.Tr(Say(N_("{0} files are what they were"), same)) + "\n";
  }
  return text;
}

std::string FromTo(const std::optional<std::uint64_t>& before,
                   const std::optional<std::uint64_t>& after) {
  return (before ? Thousands(*before) : "?") + " -> " +
         (after ? Thousands(*after) : "?");
}

std::string Heading(const ops::RestoreReport& report, const Face& face) {
  const std::string to = report.to.string();
  const std::string& id = report.backup;
  const std::string& time = report.created_at;
  if (report.dry_run) {
    return face.Tr(
        to.empty()
            ? Say(N_("restoring the backup {0} of {1} would do this:"), id,
                  time)
            : Say(N_("restoring the backup {0} of {1} would make {2} with:"),
                  id, time, to));
  }
  return face.Tr(
      to.empty()
          ? Say(N_("restored the backup {0} of {1}"), id, time)
          : Say(N_("restored the backup {0} of {1} into {2}"), id, time, to));
}

}  // namespace

std::string StateWord(store::BackupState state, const Face& face) {
  switch (state) {
    case store::BackupState::kGood:
      return face.Tr(N_("good"));
    case store::BackupState::kSuspect:
      return face.Tr(N_("suspect"));
    case store::BackupState::kBad:
      return face.Tr(N_("bad"));
  }
  return {};
}

Ink StateInk(store::BackupState state) {
  switch (state) {
    case store::BackupState::kGood:
      return Ink::kGood;
    case store::BackupState::kSuspect:
      return Ink::kWarning;
    case store::BackupState::kBad:
      return Ink::kBad;
  }
  return Ink::kPlain;
}

Document BackupCreateDocument(const ops::BackupCreateReport& report,
                              const Face& face) {
  Document document{.command = "backup create"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  data.Set("id", TextOrNull(report.id));
  data.Set("folder", TextOrNull(report.folder.string()));
  data.Set("state", report.dry_run
                        ? Json()
                        : Json::String(store::BackupStateName(report.state)));
  data.Set("reasons", ReasonsJson(report.reasons, face));
  data.Set("files", Json::Uint(report.files));
  data.Set("bytes", Json::Uint(report.bytes));
  data.Set("live_bytes", Json::Uint(report.live_bytes));
  data.Set("shared_bytes", Json::Uint(report.shared_bytes));
  data.Set("total_tests", Json::Uint(report.counts.total_tests()));
  data.Set("counts", store::ToJson(report.counts));
  data.Set("dry_run", Json::Bool(report.dry_run));
  data.Set("undo", TextOrNull(report.txn));

  std::string& text = document.text;
  const auto line = [&](const Message& message) {
    text += face.Tr(message) + "\n";
  };
  if (report.dry_run) {
    line(Say(N_("would back up {0} files, {1}"), Thousands(report.files),
             HumanBytes(report.live_bytes)));
    return document;
  }
  text += face.Tr(Say(N_("backup {0}:"), report.id)) + " " +
          face.Paint(StateInk(report.state), StateWord(report.state, face)) +
          "\n";
  line(Say(N_("{0} files of the store, {1}; the backup takes {2}"),
           Thousands(report.files), HumanBytes(report.live_bytes),
           HumanBytes(report.bytes - report.shared_bytes)));
  if (report.shared_bytes > 0) {
    line(Say(N_("{0} are unchanged since the backup before and shared with it"),
             HumanBytes(report.shared_bytes)));
  }
  if (report.counts.master) {
    line(Say(N_("master database: {0} tests in {1} cells"),
             Thousands(report.counts.master->tests),
             Thousands(report.counts.master->leaves)));
  }
  if (report.counts.results) {
    line(Say(N_("results: {0} rows, {1} tests"),
             Thousands(report.counts.results->rows),
             Thousands(report.counts.results->tests)));
  }
  if (report.counts.increments > 0) {
    line(Say(N_("{0} increments with {1} rows"),
             Thousands(report.counts.increments),
             Thousands(report.counts.increment_rows)));
  }
  if (report.state == store::BackupState::kGood) {
    line(Say(N_("restored for a test and counted: everything is there")));
  }
  return document;
}

Json BackupJson(const store::BackupEntry& backup, const Face& face) {
  Json json = Json::Object();
  json.Set("id", Json::String(backup.id));
  json.Set("state", Json::String(store::BackupStateName(backup.state)));
  json.Set("reasons", ReasonsJson(backup.reasons, face));
  json.Set("foreign", Json::Bool(backup.foreign));
  json.Set("bytes", Json::Uint(backup.bytes));
  const store::BackupManifest* manifest =
      backup.manifest ? &*backup.manifest : nullptr;
  json.Set("created_at",
           manifest != nullptr ? Json::String(manifest->created_at) : Json());
  json.Set("origin",
           manifest != nullptr ? Json::String(manifest->origin) : Json());
  json.Set("label",
           manifest != nullptr ? Json::String(manifest->label) : Json());
  json.Set("host", manifest != nullptr ? Json::String(manifest->host) : Json());
  json.Set("files",
           manifest != nullptr ? Json::Uint(manifest->members.size()) : Json());
  json.Set("total_tests", manifest != nullptr
                              ? Json::Uint(manifest->counts.total_tests())
                              : Json());
  json.Set("counts",
           manifest != nullptr ? store::ToJson(manifest->counts) : Json());
  json.Set("verified_at",
           backup.verified ? Json::String(backup.verified->time) : Json());
  return json;
}

Document BackupListDocument(const std::vector<store::BackupEntry>& backups,
                            TimePoint now, const Face& face) {
  Document document{.command = "backup list"};
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("id")))
      .Column(face.Tr(N_("state")))
      .Column(face.Tr(N_("age")))
      .Column(face.Tr(N_("tests")), Align::kRight)
      .Column(face.Tr(N_("rows")), Align::kRight)
      .Column(face.Tr(N_("size")), Align::kRight)
      .Column(face.Tr(N_("verified")))
      .Column(face.Tr(N_("remarks")));
  for (const store::BackupEntry& backup : backups) {
    list.Append(BackupJson(backup, face));
    std::vector<TableCell> row = {
        backup.id, {StateWord(backup.state, face), StateInk(backup.state)}};
    if (backup.manifest) {
      const store::BackupManifest& manifest = *backup.manifest;
      const TimePoint then{std::chrono::seconds(manifest.time)};
      const store::StoreCounts& counts = manifest.counts;
      row.emplace_back(HumanAge(now - then, face));
      row.emplace_back(counts.master ? Thousands(counts.master->tests) : "-");
      row.emplace_back(counts.results ? Thousands(counts.results->rows) : "-");
    } else {
      row.insert(row.end(), {"-", "-", "-"});
    }
    row.emplace_back(HumanBytes(backup.bytes));
    row.emplace_back(backup.verified ? backup.verified->time.substr(0, 10)
                                     : "-");
    std::string remark =
        backup.reasons.empty() ? "" : face.Tr(backup.reasons[0]);
    if (remark.empty() && backup.manifest) remark = backup.manifest->label;
    row.emplace_back(std::move(remark));
    table.Row(std::move(row));
  }
  document.data.Set("backups", std::move(list));
  document.text =
      backups.empty()
          ? face.Tr(N_("there are no backups yet: benchkeep backup create")) +
                "\n"
          : table.Render(face);
  return document;
}

Document BackupRestoreDocument(const ops::RestoreReport& report,
                               const Face& face) {
  Document document{.command = "backup restore"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  data.Set("id", Json::String(report.backup));
  data.Set("created_at", Json::String(report.created_at));
  data.Set("state", Json::String(store::BackupStateName(report.state)));
  data.Set("to", TextOrNull(report.to.string()));
  data.Set("partial", Json::Bool(report.partial));
  Json files = Json::Array();
  for (const ops::RestoredFile& file : report.files) {
    Json one = Json::Object();
    one.Set("path", Json::String(file.path));
    one.Set("action", Json::String(ActionName(file.action)));
    one.Set("bytes", Json::Uint(file.bytes));
    files.Append(std::move(one));
  }
  data.Set("files", std::move(files));
  data.Set("bytes", Json::Uint(report.bytes));
  data.Set("total_tests",
           OptionalJson(report.master_after ? report.master_after
                                            : report.rows_after));
  data.Set("tests_before", OptionalJson(report.master_before));
  data.Set("tests_after", OptionalJson(report.master_after));
  data.Set("rows_before", OptionalJson(report.rows_before));
  data.Set("rows_after", OptionalJson(report.rows_after));
  data.Set("cells_restored", Json::Uint(report.cells_restored));
  data.Set("tests_restored", Json::Uint(report.tests_restored));
  data.Set("rows_restored", Json::Uint(report.rows_restored));
  data.Set("dry_run", Json::Bool(report.dry_run));
  data.Set("undo", TextOrNull(report.txn));

  std::string& text = document.text;
  text = Heading(report, face) + "\n" + FilesText(report.files, face);
  if (!report.to.empty()) return document;
  if (report.master_before || report.master_after) {
    text += face.Tr(Say(N_("master database: {0} tests"),
                        FromTo(report.master_before, report.master_after))) +
            "\n";
  }
  if (report.rows_before || report.rows_after) {
    text += face.Tr(Say(N_("results: {0} rows"),
                        FromTo(report.rows_before, report.rows_after))) +
            "\n";
  }
  if (report.partial) {
    text += face.Tr(Say(N_("brought back: {0} cells with {1} tests, and {2} "
                           "rows"),
                        Thousands(report.cells_restored),
                        Thousands(report.tests_restored),
                        Thousands(report.rows_restored))) +
            "\n";
  }
  text += UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
