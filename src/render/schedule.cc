// Jobs, their runs and their times, as JSON and text.

#include "render/schedule.h"

#include "render/text_table.h"

namespace benchkeep::render {
namespace {

Json TimeJson(const std::optional<TimePoint>& time) {
  return time ? Json::String(FormatIso(*time)) : Json();
}

// "2026-01-31 02:00", on the clock of that zone.
std::string ShortTime(const jobs::TimeZone& zone, TimePoint time) {
  std::string text = jobs::FormatWall(zone, time).substr(0, 16);
  text[10] = ' ';
  return text;
}

const char* StateWord(jobs::JobState state) {
  switch (state) {
    case jobs::JobState::kWaiting:
      return N_("waiting");
    case jobs::JobState::kRunning:
      return N_("running");
    case jobs::JobState::kPaused:
      return N_("paused");
    case jobs::JobState::kDisabled:
      return N_("disabled");
    case jobs::JobState::kUnavailable:
      return N_("no such command");
    case jobs::JobState::kFailing:
      return N_("failing");
  }
  return "";
}

Ink StateInk(jobs::JobState state) {
  switch (state) {
    case jobs::JobState::kFailing:
      return Ink::kBad;
    case jobs::JobState::kRunning:
      return Ink::kGood;
    case jobs::JobState::kWaiting:
      return Ink::kPlain;
    default:
      return Ink::kDim;
  }
}

Ink StatusInk(store::RunStatus status) {
  if (status == store::RunStatus::kOk) return Ink::kGood;
  if (status == store::RunStatus::kFindings) return Ink::kWarning;
  return status == store::RunStatus::kRunning ? Ink::kPlain : Ink::kBad;
}

const char* TriggerWord(const std::string& trigger) {
  if (trigger == "manual") return N_("by hand");
  if (trigger == "made_up") return N_("made up");
  if (trigger == "retry") return N_("again");
  if (trigger == "reboot") return N_("after the start");
  return N_("on time");
}

// The JSON documents of a run, one a line.
Json ReportsJson(const std::string& report) {
  Json reports = Json::Array();
  std::size_t at = 0;
  while (at < report.size()) {
    const std::size_t end = std::min(report.find('\n', at), report.size());
    Result<Json> json = ParseJson(report.substr(at, end - at));
    if (json.ok()) reports.Append(std::move(*json));
    at = end + 1;
  }
  return reports;
}

Json RunJson(const store::JobRun& run) {
  Json json = Json::Object();
  json.Set("id", Json::Int(run.id));
  json.Set("job", Json::String(run.job));
  json.Set("trigger", Json::String(run.trigger));
  json.Set("planned", TimeJson(run.planned));
  json.Set("attempt", Json::Int(run.attempt));
  json.Set("started", TimeJson(run.started));
  json.Set("ended", TimeJson(run.ended));
  json.Set("status", Json::String(store::RunStatusName(run.status)));
  json.Set("exit_code", run.exit_code ? Json::Int(*run.exit_code) : Json());
  return json;
}

std::string Took(const store::JobRun& run, const Face& face) {
  return run.ended ? HumanDuration(*run.ended - run.started, face) : "";
}

// What a document says, in a few lines: its numbers, then its findings.
std::string ReportText(const Json& report, const Face& face) {
  std::string numbers;
  if (const Json* data = report.Find("data")) {
    for (const auto& [name, value] : data->members()) {
      if (!value.is_number() && !value.is_bool()) continue;
      numbers += (numbers.empty() ? "" : ", ") + name + " " + value.text();
    }
  }
  std::string text =
      "\n" + face.Paint(Ink::kBold, report.StringAt("command").value_or("?")) +
      ": " + report.StringAt("status").value_or("?") + "\n";
  if (!numbers.empty()) text += Wrap(numbers, face.width, 2) + "\n";
  if (const Json* findings = report.Find("findings")) {
    for (const Json& finding : findings->items()) {
      text +=
          "  - " + Printable(finding.StringAt("message").value_or("")) + "\n";
    }
  }
  return text;
}

std::string CommandText(const std::vector<std::vector<std::string>>& commands) {
  std::string text;
  for (const std::vector<std::string>& command : commands) {
    if (!text.empty()) text += "; ";
    std::string words;
    for (const std::string& word : command) {
      words += (words.empty() ? "" : " ") + word;
    }
    text += words;
  }
  return text;
}

}  // namespace

const char* RunStatusWord(store::RunStatus status) {
  switch (status) {
    case store::RunStatus::kRunning:
      return N_("running");
    case store::RunStatus::kOk:
      return N_("ok");
    case store::RunStatus::kFindings:
      return N_("findings");
    case store::RunStatus::kFailed:
      return N_("failed");
    case store::RunStatus::kTimeout:
      return N_("took too long");
    case store::RunStatus::kCrashed:
      return N_("crashed");
    case store::RunStatus::kInterrupted:
      return N_("interrupted");
  }
  return "";
}

Document ScheduleListDocument(const jobs::Overview& overview, TimePoint now,
                              const Face& face) {
  Document document{.command = "schedule list"};
  Json daemon = Json::Object();
  daemon.Set("running", Json::Bool(overview.daemon.running));
  daemon.Set("pid",
             overview.daemon.running ? Json::Int(overview.daemon.pid) : Json());
  daemon.Set("since", overview.daemon.running
                          ? Json::String(overview.daemon.since)
                          : Json());
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("job")))
      .Column(face.Tr(N_("schedule")))
      .Column(face.Tr(N_("last run")))
      .Column("")
      .Column(face.Tr(N_("next run")))
      .Column(face.Tr(N_("state")));
  for (const jobs::JobLine& line : overview.jobs) {
    const jobs::Job& job = *line.job;
    Json one = Json::Object();
    one.Set("name", Json::String(job.name));
    one.Set("schedule", Json::String(job.schedule.text()));
    one.Set("timezone",
            job.zone.name().empty() ? Json() : Json::String(job.zone.name()));
    one.Set("command", Json::String(CommandText(job.commands)));
    one.Set("last", line.last ? TimeJson(line.last->started) : Json());
    one.Set("last_status",
            line.last ? Json::String(store::RunStatusName(line.last->status))
                      : Json());
    one.Set("last_run", line.last ? Json::Int(line.last->id) : Json());
    one.Set("failures", Json::Int(line.failures));
    one.Set("next", TimeJson(line.next));
    one.Set("state", Json::String(jobs::JobStateName(line.state)));
    list.Append(std::move(one));
    table.Row({job.name,
               job.schedule.text(),
               line.last ? HumanAge(now - line.last->started, face)
                         : face.Tr(N_("never")),
               line.last ? TableCell(face.Tr(RunStatusWord(line.last->status)),
                                     StatusInk(line.last->status))
                         : TableCell(""),
               line.next ? ShortTime(job.zone, *line.next) : "-",
               {face.Tr(StateWord(line.state)), StateInk(line.state)}});
  }
  document.data.Set("daemon", std::move(daemon));
  document.data.Set("jobs", std::move(list));
  document.findings = overview.findings;
  document.status = OutcomeOf(document.findings);
  document.text = table.Render(face) + "\n";
  document.text +=
      overview.daemon.running
          ? face.Tr(Say(N_("the daemon runs (process {0}, since {1})"),
                        overview.daemon.pid, overview.daemon.since))
          : face.Tr(N_("the daemon does not run: start it with `benchkeep "
                       "daemon`, or let the system run the jobs with "
                       "`benchkeep schedule install`"));
  document.text += "\n";
  return document;
}

Document JobHistoryDocument(const std::vector<store::JobRun>& runs,
                            const jobs::TimeZone& zone, const Face& face) {
  Document document{.command = "schedule history"};
  Json list = Json::Array();
  TextTable table;
  table.Column(face.Tr(N_("run")), Align::kRight)
      .Column(face.Tr(N_("job")))
      .Column(face.Tr(N_("started")))
      .Column(face.Tr(N_("took")), Align::kRight)
      .Column(face.Tr(N_("why")))
      .Column(face.Tr(N_("result")));
  for (const store::JobRun& run : runs) {
    list.Append(RunJson(run));
    table.Row({std::to_string(run.id),
               run.job,
               ShortTime(zone, run.started),
               Took(run, face),
               face.Tr(TriggerWord(run.trigger)),
               {face.Tr(RunStatusWord(run.status)), StatusInk(run.status)}});
  }
  document.data.Set("runs", std::move(list));
  document.text = runs.empty()
                      ? face.Tr(N_("no job has run here yet")) + "\n"
                      : table.Render(face) + "\n" +
                            face.Tr(N_("what a run said: benchkeep schedule "
                                       "history --run NUMBER")) +
                            "\n";
  return document;
}

Document JobRunDocument(const std::string& command, const store::JobRun& run,
                        const jobs::TimeZone& zone, const Face& face) {
  Document document{.command = command};
  Json json = RunJson(run);
  json.Set("output", Json::String(run.output));
  json.Set("reports", ReportsJson(run.report));
  document.data.Set("run", std::move(json));
  std::string& text = document.text;
  text = face.Tr(Say(N_("run {0} of {1}: started {2}, {3}"), run.id, run.job,
                     ShortTime(zone, run.started),
                     face.Tr(TriggerWord(run.trigger)))) +
         "\n";
  text += face.Paint(StatusInk(run.status), face.Tr(RunStatusWord(run.status)));
  if (run.exit_code) {
    text += ", " + face.Tr(Say(N_("exit code {0}"), *run.exit_code));
  }
  if (run.ended) text += ", " + Took(run, face);
  text += "\n";
  const auto indented = [&text](const std::string& block) {
    std::size_t at = 0;
    while (at < block.size()) {
      const std::size_t end = std::min(block.find('\n', at), block.size());
      text += "  " + Printable(block.substr(at, end - at)) + "\n";
      at = end + 1;
    }
  };
  if (!run.output.empty()) {
    text += "\n";
    indented(run.output);
  }
  const Json reports = ReportsJson(run.report);
  for (const Json& report : reports.items()) text += ReportText(report, face);
  return document;
}

Document InstallDocument(const InstallPlan& plan, const Face& face) {
  Document document{.command = "schedule install"};
  Json& data = document.data;
  const auto list = [](const std::vector<std::string>& names) {
    Json json = Json::Array();
    for (const std::string& name : names) json.Append(Json::String(name));
    return json;
  };
  data.Set("kind", Json::String(plan.kind));
  data.Set("remove", Json::Bool(plan.remove));
  data.Set("changed", Json::Bool(plan.changed));
  data.Set("text", Json::String(plan.text));
  data.Set("folder", plan.folder.empty() ? Json() : Json::String(plan.folder));
  data.Set("files", list(plan.files));
  data.Set("removed", list(plan.removed));
  data.Set("dry_run", Json::Bool(plan.dry_run));
  document.findings = plan.findings;
  document.status = OutcomeOf(plan.findings);
  std::string& text = document.text;
  if (!plan.done) {
    text = plan.text;
    for (const std::string& name : plan.removed) {
      text += face.Tr(Say(N_("goes: {0}"), name)) + "\n";
    }
    if (plan.remove && plan.kind == "cron" && plan.changed) {
      text += face.Tr(N_("the block of this store leaves the crontab")) + "\n";
    }
  }
  if (!plan.changed) {
    text += face.Tr(plan.remove ? N_("there is nothing to take away")
                                : N_("all of this is there already")) +
            "\n";
  } else if (plan.done) {
    text += face.Tr(plan.remove ? N_("taken away") : N_("installed")) + "\n";
  }
  return document;
}

Document FireTimesDocument(const CronSchedule& schedule,
                           const jobs::TimeZone& zone,
                           const std::vector<jobs::SysSeconds>& times,
                           const Face& face) {
  Document document{.command = "schedule next"};
  document.data.Set("schedule", Json::String(schedule.text()));
  document.data.Set("timezone",
                    zone.name().empty() ? Json() : Json::String(zone.name()));
  Json list = Json::Array();
  TextTable table;
  table.Column(zone.name().empty() ? face.Tr(N_("local time")) : zone.name())
      .Column("UTC");
  for (const jobs::SysSeconds time : times) {
    Json one = Json::Object();
    one.Set("utc", Json::String(FormatIso(time)));
    one.Set("local", Json::String(jobs::FormatWall(zone, time)));
    list.Append(std::move(one));
    table.Row({jobs::FormatWall(zone, time), FormatIso(time)});
  }
  document.data.Set("times", std::move(list));
  document.text =
      schedule.at_reboot()
          ? face.Tr(N_("once after every start of the machine")) + "\n"
          : table.Render(face);
  return document;
}

}  // namespace benchkeep::render
