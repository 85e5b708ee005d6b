// A report as JSON, and what is said about the file it was written to.

#include "render/report.h"

#include <chrono>
#include <utility>

#include "render/check.h"
#include "render/log_errors.h"
#include "render/text_table.h"

namespace benchkeep::render {
namespace {

using ops::Report;
using ops::ReportCount;

Json Real(const std::optional<double>& value) {
  return value ? Json::Double(*value) : Json();
}
Json Whole(const std::optional<std::uint64_t>& value) {
  return value ? Json::Uint(*value) : Json();
}
Json Text(const std::optional<std::string>& value) {
  return value ? Json::String(*value) : Json();
}
Json OrNull(const std::string& text) {
  return text.empty() ? Json() : Json::String(text);
}
Json Words(const Message& message, const Face& face) {
  return message.empty() ? Json() : Json::String(face.Tr(message));
}

// In the results' own clock, whatever its zone: hence no Z.
Json LocalJson(std::int64_t seconds) {
  std::string text = FormatIso(TimePoint(std::chrono::seconds(seconds)));
  text.pop_back();
  return Json::String(text);
}

Json IntervalJson(const std::optional<Interval>& interval) {
  if (!interval) return {};
  Json json = Json::Array();
  json.Append(Json::Double(interval->low));
  json.Append(Json::Double(interval->high));
  return json;
}

Json CountJson(const ReportCount& count) {
  Json json = Json::Object();
  json.Set("total_tests", Json::Uint(count.total_tests));
  json.Set("known", Json::Uint(count.known));
  json.Set("successes", Json::Uint(count.successes));
  json.Set("success_rate", Real(count.success_rate()));
  json.Set("interval", IntervalJson(Wilson95(count.successes, count.known)));
  json.Set("infrastructure", Whole(count.infrastructure));
  json.Set("success_rate_without", Real(count.rate_without()));
  return json;
}

Json TestJson(const std::optional<ProportionTest>& test, double adjusted) {
  if (!test) return {};
  Json json = Json::Object();
  json.Set("method",
           Json::String(test->method == ProportionTest::Method::kZ ? "z"
                                                                   : "fisher"));
  json.Set("p", Json::Double(test->p));
  json.Set("p_adjusted", Json::Double(adjusted));
  return json;
}

const char* VerdictName(const ops::ReportChange& line) {
  if (!line.test) return "not_compared";
  if (line.explained()) return "drop_infrastructure";
  if (line.drop()) return "drop";
  return line.real() ? "rise" : "no_change";
}

Json ChangesJson(const Report& report, const Face& face) {
  const ops::ReportChanges& changes = report.changes;
  Json json = Json::Object();
  json.Set("unknown", Words(changes.unknown, face));
  json.Set("correction", Json::String("holm"));
  json.Set("level", Json::Double(ops::kReportLevel));
  json.Set("comparisons", Json::Uint(changes.comparisons));
  json.Set("before", CountJson(changes.before));
  json.Set("now", CountJson(changes.now));
  Json& lines = json.Set("lines", Json::Array());
  for (const ops::ReportChange& line : changes.lines) {
    Json& one = lines.Append(Json::Object());
    one.Set("column", Json::String(line.column));
    one.Set("value", Text(line.value));
    one.Set("before", CountJson(line.before));
    one.Set("now", CountJson(line.now));
    one.Set("test", TestJson(line.test, line.adjusted));
    one.Set("test_without", TestJson(line.test_without, line.adjusted_without));
    one.Set("verdict", Json::String(VerdictName(line)));
  }
  Json& queries = json.Set("queries", Json::Array());
  for (const std::string& query : changes.queries) {
    queries.Append(Json::String(query));
  }
  json.Set("failures_query", OrNull(changes.failures_query));
  return json;
}

Json TablesJson(const Report& report) {
  Json tables = Json::Array();
  for (const ops::ReportTable& table : report.tables) {
    Json& one = tables.Append(Json::Object());
    one.Set("column", Json::String(table.column));
    Json& lines = one.Set("lines", Json::Array());
    for (const ops::ReportTable::Line& line : table.lines) {
      Json& each = lines.Append(Json::Object());
      each.Set("value", Text(line.value));
      each.Set("count", CountJson(line.count));
    }
    one.Set("query", Json::String(table.query));
  }
  return tables;
}

Json FailuresJson(const Report& report, const Face& face) {
  const ops::ReportFailures& failures = report.failures;
  Json json = Json::Object();
  json.Set("unknown", Words(failures.unknown, face));
  json.Set("timeouts_only", Json::Bool(failures.timeouts_only));
  json.Set("explained", Json::Uint(failures.explained));
  Json classes = Json::Object();
  Json outside = Json::Array();
  for (std::size_t i = 0; i < failures.by_class.size(); ++i) {
    const auto kind = static_cast<ops::ErrorClass>(i);
    classes.Set(ops::ErrorClassName(kind), Json::Uint(failures.by_class[i]));
    if (ops::IsInfrastructure(kind)) {
      outside.Append(Json::String(ops::ErrorClassName(kind)));
    }
  }
  json.Set("classes", std::move(classes));
  json.Set("infrastructure_classes", std::move(outside));
  Json& reasons = json.Set("reasons", Json::Array());
  for (const ops::ReportFailures::Reason& reason : failures.reasons) {
    Json& one = reasons.Append(Json::Object());
    one.Set("class", Json::String(ops::ErrorClassName(reason.kind)));
    one.Set("text", Json::String(reason.text));
    one.Set("tests", Json::Uint(reason.tests));
  }
  json.Set("other_reasons", Json::Uint(failures.other_reasons));
  json.Set("query", OrNull(failures.query));
  return json;
}

Json NamesJson(const std::vector<std::string>& names) {
  Json json = Json::Array();
  for (const std::string& name : names) json.Append(Json::String(name));
  return json;
}

Json CoverageJson(const Report& report) {
  const ops::ReportCoverage& coverage = report.coverage;
  Json json = Json::Object();
  json.Set("names", NamesJson(coverage.names));
  json.Set("rows", NamesJson(coverage.rows));
  json.Set("columns", NamesJson(coverage.columns));
  json.Set("tested", Json::Uint(coverage.tested));
  json.Set("wanted", Json::Uint(coverage.wanted));
  Json& rows = json.Set("cells", Json::Array());
  for (const auto& cells : coverage.cells) {
    Json& row = rows.Append(Json::Array());
    for (const ops::ReportCoverage::Cell& cell : cells) {
      Json& one = row.Append(Json::Object());
      one.Set("tested", Json::Uint(cell.tested));
      one.Set("wanted", Json::Uint(cell.wanted));
      one.Set("total_tests", Json::Uint(cell.total_tests));
    }
  }
  Json& gaps = json.Set("gaps", Json::Array());
  for (const ops::ReportCoverage::Gap& gap : coverage.gaps) {
    Json& one = gaps.Append(Json::Object());
    one.Set("row", Json::Uint(gap.row));
    one.Set("column", Json::Uint(gap.column));
    one.Set("settings", NamesJson(gap.settings));
  }
  json.Set("query", OrNull(coverage.query));
  return json;
}

Json ErrorsJson(const Report& report) {
  if (!report.errors) return {};
  constexpr std::size_t kMost = 50;
  const ops::LogErrorsReport& errors = *report.errors;
  Json json = Json::Object();
  json.Set("files", Json::Uint(errors.files));
  json.Set("error_lines", Json::Uint(errors.error_lines));
  json.Set("errors", Json::Uint(errors.errors));
  Json& causes = json.Set("causes", Json::Array());
  for (const ops::ErrorCause& cause : errors.causes) {
    if (causes.items().size() == kMost) break;
    Json& one = causes.Append(Json::Object());
    one.Set("class", Json::String(ops::ErrorClassName(cause.kind)));
    one.Set("pattern", Json::String(cause.pattern));
    one.Set("count", Json::Uint(cause.count));
    one.Set("in_period", Json::Uint(cause.recent));
    one.Set("first", OrNull(cause.first));
    one.Set("last", OrNull(cause.last));
  }
  return json;
}

Json HealthJson(const Report& report, const Face& face) {
  if (!report.health) return {};
  Json json = Json::Object();
  json.Set("status",
           Json::String(OutcomeName(OutcomeOf(report.health->state))));
  Json& checks = json.Set("checks", Json::Array());
  for (const ops::CheckResult& check : report.health->checks) {
    Json& one = checks.Append(Json::Object());
    one.Set("name", Json::String(check.name));
    one.Set("status", Json::String(OutcomeName(OutcomeOf(check.state))));
    one.Set("message", Json::String(face.Tr(check.message)));
    one.Set("fix", Words(check.fix, face));
  }
  return json;
}

Json BackupsJson(const Report& report) {
  Json list = Json::Array();
  for (const ops::ReportBackup& backup : report.backups) {
    Json& one = list.Append(Json::Object());
    one.Set("id", Json::String(backup.id));
    one.Set("foreign", Json::Bool(backup.foreign));
    one.Set("state", Json::String(store::BackupStateName(backup.state)));
    one.Set("age_seconds",
            backup.age_seconds ? Json::Int(*backup.age_seconds) : Json());
    one.Set("bytes", Json::Uint(backup.bytes));
    one.Set("total_tests", Whole(backup.total_tests));
  }
  return list;
}

Json JobsJson(const Report& report) {
  Json list = Json::Array();
  for (const ops::ReportJob& job : report.jobs) {
    Json& one = list.Append(Json::Object());
    one.Set("name", Json::String(job.name));
    one.Set("schedule", Json::String(job.schedule));
    one.Set("enabled", Json::Bool(job.enabled));
    one.Set("last",
            job.last ? Json::String(FormatIso(job.last->started)) : Json());
    one.Set("status", job.last
                          ? Json::String(store::RunStatusName(job.last->status))
                          : Json());
    one.Set("failures", Json::Int(job.failures));
  }
  return list;
}

Json FitJson(const std::optional<LineFit>& fit) {
  if (!fit) return {};
  Json json = Json::Object();
  json.Set("slope", Json::Double(fit->slope));
  json.Set("r_squared", Json::Double(fit->r_squared));
  return json;
}

const char* SourceName(ops::ReportGrowth::Source source) {
  return source == ops::ReportGrowth::Source::kResults ? "results" : "backups";
}

Json GrowthJson(const Report& report, const Face& face) {
  const ops::ReportGrowth& growth = report.growth;
  Json json = Json::Object();
  json.Set("source", growth.source == ops::ReportGrowth::Source::kNone
                         ? Json()
                         : Json::String(SourceName(growth.source)));
  Json& days = json.Set("days", Json::Array());
  for (const ops::ReportGrowth::Day& day : growth.days) {
    Json& one = days.Append(Json::Object());
    one.Set("day", Json::String(day.day));
    one.Set("total_tests", Json::Uint(day.total_tests));
    one.Set("known", Json::Uint(day.known));
    one.Set("successes", Json::Uint(day.successes));
  }
  json.Set("query", OrNull(growth.query));
  json.Set("tests_per_day", Real(growth.tests_per_day));
  json.Set("tests_fit", FitJson(growth.tests_fit));
  json.Set("tests_unknown", Words(growth.tests_unknown, face));
  json.Set("results_bytes", Json::Uint(growth.results_bytes));
  json.Set("free_bytes", Whole(growth.free_bytes));
  json.Set("bytes_per_day", Real(growth.bytes_per_day));
  json.Set("bytes_fit", FitJson(growth.bytes_fit));
  json.Set("samples", Json::Uint(growth.samples));
  json.Set("sampled_days", Json::Double(growth.sampled_days));
  json.Set("days_to_full", Real(growth.days_to_full));
  json.Set("bytes_unknown", Words(growth.bytes_unknown, face));
  return json;
}

Json SourceJson(Report::Source source) {
  switch (source) {
    case Report::Source::kResults:
      return Json::String("results");
    case Report::Source::kMaster:
      return Json::String("master");
    case Report::Source::kNone:
      break;
  }
  return {};
}

}  // namespace

Document ReportDocument(const Report& report, const ReportFile& file,
                        const Face& face) {
  Document document{.command =
                        std::string("report ") + ReportSpanName(report.span)};
  document.findings = report.findings;
  document.status = OutcomeOf(report.findings);
  Json& data = document.data;
  data.Set("span", Json::String(ReportSpanName(report.span)));
  data.Set("made", Json::String(FormatIso(report.made)));
  data.Set("since", LocalJson(report.since));
  data.Set("until", LocalJson(report.until));
  data.Set("before_since", LocalJson(report.before_since));
  data.Set("file", OrNull(file.file));
  data.Set("format", OrNull(file.format));
  data.Set("bytes", file.file.empty() ? Json() : Json::Uint(file.bytes));
  data.Set("dry_run", Json::Bool(file.dry_run));
  data.Set("source", SourceJson(report.source));
  data.Set("newest", Text(report.newest));
  data.Set("all", CountJson(report.all));
  data.Set("tables", TablesJson(report));
  data.Set("changes", ChangesJson(report, face));
  data.Set("failures", FailuresJson(report, face));
  data.Set("coverage", CoverageJson(report));
  data.Set("errors", ErrorsJson(report));
  data.Set("health", HealthJson(report, face));
  data.Set("backups", BackupsJson(report));
  data.Set("jobs", JobsJson(report));
  data.Set("growth", GrowthJson(report, face));
  if (file.file.empty()) {
    document.text = ReportText(report, face);
  } else {
    document.text = face.Tr(Say(file.dry_run ? N_("would write {0} ({1})")
                                             : N_("wrote {0} ({1})"),
                                file.file, HumanBytes(file.bytes))) +
                    "\n";
  }
  return document;
}

Document ReportListDocument(const std::vector<ops::KeptReport>& reports,
                            const std::string& folder, const Face& face) {
  Document document{.command = "report list"};
  document.data.Set("folder", Json::String(folder));
  Json& list = document.data.Set("reports", Json::Array());
  TextTable table;
  table.Column(face.Tr(N_("report")))
      .Column(face.Tr(N_("made")))
      .Column(face.Tr(N_("size")), Align::kRight);
  for (const ops::KeptReport& report : reports) {
    Json& one = list.Append(Json::Object());
    one.Set("name", Json::String(report.name));
    one.Set("span", Json::String(report.span));
    one.Set("made", Json::String(report.made));
    one.Set("bytes", Json::Uint(report.bytes));
    table.Row({report.name, report.made, HumanBytes(report.bytes)});
  }
  document.text =
      reports.empty()
          ? Wrap(face.Tr(Say(N_("No report is kept in {0}; `benchkeep report "
                                "weekly --keep` writes one."),
                             folder)),
                 face.width)
          : table.Render(face);
  return document;
}

}  // namespace benchkeep::render
