// A recovery, planned or done.

#include "render/recover.h"

#include <optional>

#include "render/merge.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json ProcessJson(const host::Process& process, const char* outcome) {
  Json json = Json::Object();
  json.Set("pid", Json::Int(process.pid));
  json.Set("name", Json::String(process.name));
  json.Set("script", Json::String(host::PythonScript(process)));
  json.Set("outcome", Json::String(outcome));
  return json;
}

std::string CommandOf(const host::Process& process) {
  const std::string script = host::PythonScript(process);
  return script.empty() ? process.name : process.name + " " + script;
}

std::string SignWords(const host::Writer& writer, const Face& face) {
  switch (writer.sign) {
    case host::WriterSign::kOpenFile:
      return face.Tr(Say(N_("writes {0}"), writer.evidence));
    case host::WriterSign::kIncrement:
      return face.Tr(Say(N_("wrote {0}"), writer.evidence));
    case host::WriterSign::kScript:
      return face.Tr(Say(N_("runs {0}"), writer.evidence));
    case host::WriterSign::kChild:
      break;
  }
  return face.Tr(Say(N_("was started by process {0}"), writer.evidence));
}

std::string OutcomeWords(const host::StoppedProcess& one, bool drill,
                         const Face& face) {
  if (drill) return face.Tr(N_("would be stopped"));
  switch (one.outcome) {
    case host::StopOutcome::kEnded:
      return face.Tr(N_("ended when asked to"));
    case host::StopOutcome::kKilled:
      return face.Tr(N_("was killed"));
    case host::StopOutcome::kGone:
      return face.Tr(N_("had ended by itself"));
    default:
      return face.Tr(N_("still runs"));
  }
}

std::string Number(const std::optional<std::uint64_t>& number) {
  return number ? Thousands(*number) : "-";
}

// Tests of the master database and rows of the results, side by side.
std::string CountsTable(const store::StoreCounts& before,
                        const store::StoreCounts& after,
                        const std::string& after_title, const Face& face) {
  using Maybe = std::optional<std::uint64_t>;
  const auto tests = [](const store::StoreCounts& counts) {
    return counts.master ? Maybe(counts.master->tests) : Maybe();
  };
  const auto rows = [](const store::StoreCounts& counts) {
    return counts.results ? Maybe(counts.results->rows) : Maybe();
  };
  TextTable table;
  table.Column("")
      .Column(face.Tr(N_("now")), Align::kRight)
      .Column(after_title, Align::kRight);
  table.Row({face.Tr(N_("tests in the master database")), Number(tests(before)),
             Number(tests(after))});
  table.Row({face.Tr(N_("rows of results")), Number(rows(before)),
             Number(rows(after))});
  table.Row({face.Tr(N_("waiting increments")), Thousands(before.increments),
             Thousands(after.increments)});
  return table.Render(face, 2);
}

}  // namespace

Document RecoverPlanDocument(const ops::RecoverPlan& plan, const Face& face) {
  Document document{.command = "recover"};
  document.status = OutcomeOf(plan.findings);
  document.findings = plan.findings;
  const store::BackupManifest& manifest = *plan.backup.manifest;
  Json& data = document.data;
  Json stopped = Json::Array();
  for (const host::Writer& writer : plan.writers) {
    Json& one = stopped.Append(ProcessJson(writer.process, "planned"));
    one.Set("sign", Json::String(host::WriterSignName(writer.sign)));
    one.Set("evidence", Json::String(writer.evidence));
  }
  data.Set("stopped", std::move(stopped));
  data.Set("saved_to", Json());
  data.Set("restored_from", Json::String(plan.backup.id));
  data.Set("created_at", Json::String(manifest.created_at));
  data.Set("replayed_files", Json::Uint(plan.replay_files));
  data.Set("replayed_rows", Json::Uint(plan.replay_rows));
  data.Set("before", store::ToJson(plan.before.counts));
  data.Set("after", store::ToJson(manifest.counts));
  Json& lost = data.Set("lost", Json::Object());
  const auto count = [](const std::optional<std::uint64_t>& number) {
    return number ? Json::Uint(*number) : Json();
  };
  lost.Set("master_tests", count(plan.lost_master_tests));
  lost.Set("rows", count(plan.lost_rows));
  lost.Set("seconds", Json::Int(plan.lost_seconds));
  data.Set("dry_run", Json::Bool(true));
  data.Set("drill", Json::Bool(false));
  data.Set("undo", Json());

  std::string& text = document.text;
  text = face.Tr(Say(
             N_("restore the backup {0}, made {1}"), plan.backup.id,
             HumanAge(std::chrono::seconds(plan.backup_age_seconds), face))) +
         "\n";
  text += CountsTable(plan.before.counts, manifest.counts,
                      face.Tr(N_("in the backup")), face);
  for (const store::BackupReason& problem : plan.before.problems) {
    text += "  " +
            face.Paint(Ink::kBad, face.Tr(store::ReasonMessage(problem))) +
            "\n";
  }
  text +=
      face.Tr(Say(N_("merge {0} increments with at least {1} rows again"),
                  Thousands(plan.replay_files), Thousands(plan.replay_rows))) +
      "\n";
  if (plan.writers.empty()) {
    text += face.Tr(N_("no process writes here")) + "\n";
  } else {
    text += face.Tr(Say(N_("stop {0} processes:"),
                        Thousands(std::uint64_t{plan.writers.size()}))) +
            "\n";
    TextTable table;
    table.Column("pid", Align::kRight)
        .Column(face.Tr(N_("command")))
        .Column(face.Tr(N_("why")));
    for (const host::Writer& writer : plan.writers) {
      table.Row({std::to_string(writer.process.pid), CommandOf(writer.process),
                 SignWords(writer, face)});
    }
    text += table.Render(face, 2);
  }
  const bool known = plan.lost_master_tests || plan.lost_rows;
  const std::string span =
      HumanDuration(std::chrono::seconds(plan.lost_seconds), face);
  text += known ? face.Tr(Say(N_("lost would be {0} tests of the master "
                                 "database and {1} rows; what was written in "
                                 "the last {2} may be missing"),
                              Number(plan.lost_master_tests),
                              Number(plan.lost_rows), span))
                : face.Tr(Say(N_("what is lost cannot be counted, since it "
                                 "cannot be read; what was written in the last "
                                 "{0} may be missing"),
                              span));
  text += "\n";
  return document;
}

Document RecoverDocument(const ops::RecoverReport& report, const Face& face) {
  Document document{.command = "recover"};
  document.status = OutcomeOf(report.findings);
  document.findings = report.findings;
  Json& data = document.data;
  Json stopped = Json::Array();
  for (const host::StoppedProcess& one : report.stopped) {
    stopped.Append(ProcessJson(
        one.process,
        report.drill ? "planned" : host::StopOutcomeName(one.outcome)));
  }
  data.Set("stopped", std::move(stopped));
  data.Set("saved_to",
           report.saved_to.empty() ? Json() : Json::String(report.saved_to));
  data.Set("restored_from", Json::String(report.restored_from));
  data.Set("created_at", Json::String(report.created_at));
  Json files = Json::Array();
  for (const std::string& file : report.files) files.Append(Json::String(file));
  data.Set("files", std::move(files));
  data.Set("replayed_files", Json::Uint(report.replayed_files));
  data.Set("replayed_rows", Json::Uint(report.replayed_rows));
  data.Set("before", store::ToJson(report.before));
  data.Set("after", store::ToJson(report.after));
  Json& lost = data.Set("lost", Json::Object());
  const auto missing = [](const auto& before, const auto& after,
                          auto member) -> Json {
    if (!before || !after) return {};
    const std::uint64_t then = (*before).*member;
    const std::uint64_t now = (*after).*member;
    return Json::Uint(then > now ? then - now : 0);
  };
  lost.Set("master_tests", missing(report.before.master, report.after.master,
                                   &store::StoreCounts::Master::tests));
  lost.Set("rows", missing(report.before.results, report.after.results,
                           &store::StoreCounts::Results::rows));
  lost.Set("seconds", Json::Int(report.lost_seconds));
  data.Set("took_seconds",
           Json::Double(std::chrono::duration<double>(report.took).count()));
  data.Set("dry_run", Json::Bool(report.drill));
  data.Set("drill", Json::Bool(report.drill));
  data.Set("undo", report.txn.empty() ? Json() : Json::String(report.txn));

  std::string& text = document.text;
  for (const host::StoppedProcess& one : report.stopped) {
    text += face.Tr(Say(N_("process {0} ({1}) {2}"), one.process.pid,
                        CommandOf(one.process),
                        OutcomeWords(one, report.drill, face))) +
            "\n";
  }
  text += face.Tr(Say(report.drill
                          ? N_("a copy was restored from {0} in {1}; the store "
                               "was not changed")
                          : N_("restored from {0} in {1}"),
                      report.restored_from, HumanDuration(report.took, face))) +
          "\n";
  text += CountsTable(
      report.before, report.after,
      report.drill ? face.Tr(N_("in the drill")) : face.Tr(N_("after")), face);
  text += face.Tr(Say(N_("{0} increments with {1} rows were merged again"),
                      Thousands(report.replayed_files),
                      Thousands(report.replayed_rows))) +
          "\n";
  if (!report.saved_to.empty()) {
    text += face.Tr(Say(N_("the state of before is in {0}"), report.saved_to)) +
            "\n";
  }
  text += UndoHint(report.txn, face);
  return document;
}

}  // namespace benchkeep::render
