// benchkeep report: what a day or a week brought.

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/commands.h"
#include "host/child_processes.h"
#include "host/local_time.h"
#include "host/memory.h"
#include "ops/report.h"
#include "render/report.h"

namespace benchkeep::cli {
namespace {

enum class Form { kHtml, kMarkdown, kJson, kText };

struct FormName {
  Form form;
  const char* name;
  const char* ending;
};
constexpr FormName kForms[] = {{Form::kHtml, "html", "html"},
                               {Form::kMarkdown, "md", "md"},
                               {Form::kJson, "json", "json"},
                               {Form::kText, "text", "txt"}};

const FormName& NameOf(Form form) {
  return *std::find_if(
      std::begin(kForms), std::end(kForms),
      [form](const FormName& one) { return one.form == form; });
}

std::optional<Form> FormOfFile(const fs::Path& file) {
  std::string ending = file.extension().string();
  if (!ending.empty()) ending.erase(0, 1);
  if (ending == "htm") ending = "html";
  if (ending == "markdown") ending = "md";
  for (const FormName& one : kForms) {
    if (ending == one.ending) return one.form;
  }
  return std::nullopt;
}

class ReportAction : public Action {
 public:
  explicit ReportAction(ops::ReportSpan span) : span_(span) {}

  void Declare(FlagSet& flags) override {
    flags
        .Text("output", N_("the file to write, in an existing folder"),
              &output_)
        .Short('o')
        .Value("FILE");
    flags.Bool("keep",
               N_("write into the folder reports of the store, under a name of "
                  "its own; HTML unless --format says otherwise"),
               &keep_);
    flags
        .Choice<Form>("format",
                      N_("the form of the report; otherwise by the ending of "
                         "the file's name, or text"),
                      {{"html", Form::kHtml},
                       {"md", Form::kMarkdown},
                       {"json", Form::kJson},
                       {"text", Form::kText}},
                      &form_)
        .Short('f');
    flags
        .Text("until",
              N_("where the period ends, in the results' own clock; otherwise "
                 "now"),
              &until_)
        .Value("TIME");
  }

  ExitCode Run(Context& context) override {
    if (Status status = Settle(context); !status.ok()) {
      return context.Usage(status.error());
    }
    const Result<ops::Report> report = ops::MakeReport(
        context.store(), OptionsFor(context), context.progress());
    if (!report.ok()) return context.Fail(report.error());
    render::ReportFile file{.file = file_.string(),
                            .format = NameOf(*form_).name,
                            .bytes = 0,
                            .dry_run = context.dry_run()};
    if (file_.empty()) return Show(context, *report);
    const std::string text = Text(context, *report);
    file.bytes = text.size();
    if (!context.dry_run()) {
      const Status written =
          ops::WriteReport(context.store(), file_, text, keep_);
      if (!written.ok()) return context.Fail(written.error());
    }
    return context.Emit(render::ReportDocument(*report, file, context.face()));
  }

 private:
  // Where to, in which form, until when.
  Status Settle(Context& context) {
    if (keep_ && output_) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("-o and --keep exclude each other")));
    }
    if (output_) {
      file_ = *output_;
      if (!form_) form_ = FormOfFile(file_);
      if (!form_) {
        return Fail(Code::kInvalidArgument,
                    Say(N_("the name {0} does not tell the format"), *output_),
                    Say(N_("add --format html, md, json or text")));
      }
    }
    if (!form_) form_ = keep_ ? Form::kHtml : Form::kText;
    if (keep_) {
      file_ =
          context.store().layout().reports() /
          store::MakeReportName(ops::ReportSpanName(span_),
                                context.clock().Now(), NameOf(*form_).ending);
    }
    if (!until_) return {};
    const auto time = ParseIso(*until_);
    if (!time) {
      return Fail(Code::kInvalidArgument, Say(N_("'{0}' is no time"), *until_),
                  Say(N_("write it as 2026-01-31 or 2026-01-31T23:59:59")));
    }
    until_seconds_ = std::chrono::floor<std::chrono::seconds>(*time)
                         .time_since_epoch()
                         .count();
    return {};
  }

  ops::ReportOptions OptionsFor(Context& context) const {
    ops::ReportOptions options;
    options.span = span_;
    options.until = until_seconds_;
    options.memory_bytes = context.memory_bytes();
    options.threads = host::AllowedProcessors();
    options.check.utc_offset = host::UtcOffset(context.clock().Now());
    options.check.self = host::ProcessId();
    options.check.variable = [&context](const char* name) {
      return context.variable(name);
    };
    options.remember = !context.dry_run();
    return options;
  }

  // A file is for people elsewhere: no colours, and of one width.
  std::string Text(const Context& context, const ops::Report& report) const {
    constexpr std::size_t kWidth = 100;
    const render::Face face{context.translator(), false, kWidth};
    switch (*form_) {
      case Form::kHtml:
        return render::ReportHtml(report, face);
      case Form::kMarkdown:
        return render::ReportMarkdown(report, face);
      case Form::kText:
        return render::ReportText(report, face);
      case Form::kJson:
        break;
    }
    return render::ToJson(render::ReportDocument(report, {}, face),
                          context.translator())
               .Dump(1) +
           "\n";
  }

  ExitCode Show(Context& context, const ops::Report& report) const {
    const render::Document document =
        render::ReportDocument(report, {}, context.face());
    if (context.options().json || *form_ == Form::kText) {
      return context.Emit(document);
    }
    if (const Status shown = context.Write(Text(context, report));
        !shown.ok()) {
      return context.Fail(shown.error());
    }
    return ExitCodeOf(document.status);
  }

  ops::ReportSpan span_;
  std::optional<std::string> output_;
  bool keep_ = false;
  std::optional<Form> form_;
  std::optional<std::string> until_;
  std::optional<std::int64_t> until_seconds_;
  fs::Path file_;
};

class DailyAction final : public ReportAction {
 public:
  DailyAction() : ReportAction(ops::ReportSpan::kDay) {}
};

class WeeklyAction final : public ReportAction {
 public:
  WeeklyAction() : ReportAction(ops::ReportSpan::kWeek) {}
};

class ListAction final : public Action {
 public:
  ExitCode Run(Context& context) override {
    const auto reports = ops::ListReports(context.store());
    if (!reports.ok()) return context.Fail(reports.error());
    return context.Emit(render::ReportListDocument(
        *reports, context.store().layout().reports().string(), context.face()));
  }
};

constexpr const char* kReportHelp =
    N_("Results and success with their certainty, what really changed "
       "against the period before, success without failures of the "
       "infrastructure, "
       "what has not been tested, errors, health, backups, jobs, growth. A "
       "change is called real when a test of it, corrected by Holm's method "
       "for all that were made, has p below 0.05; real drops are findings. "
       "Periods are told by the times in the results. Every table names the "
       "`benchkeep query` that gives it. The HTML page needs nothing else and "
       "can be sent to anybody; the file appears whole or not at all.");

}  // namespace

const Command kReportCommand = {
    .name = "report",
    .group = Group::kLook,
    .summary = N_("tell what a day or a week brought, as a page to pass on"),
    .help = N_("Reports for people who were not there: as HTML, Markdown, JSON "
               "or text. The job `report` of the schedule keeps a weekly one "
               "in the folder reports."),
    .examples = {{"benchkeep report weekly -o week.html",
                  N_("A page to pass on:")}},
    .subcommands =
        {{.name = "daily",
          .summary = N_("the last 24 hours, against the 24 before"),
          .help = kReportHelp,
          .examples = {{"benchkeep report daily", N_("On the screen:")},
                       {"benchkeep report daily -o today.md",
                        N_("For a chat or a wiki:")}},
          .needs = Needs::kStore,
          .action = MakeAction<DailyAction>},
         {.name = "weekly",
          .summary = N_("the last 7 days, against the 7 before"),
          .help = kReportHelp,
          .examples =
              {{"benchkeep report weekly -o week.html",
                N_("A page to pass on:")},
               {"benchkeep report weekly --until 2025-08-18 -o week.html "
                "--lang zh",
                N_("The week that ended on that day, in Chinese:")},
               {"benchkeep report weekly --json | jq '.data.changes.lines[] | "
                "select(.verdict == \"drop\") | .value'",
                N_("What got worse, for a script:")}},
          .needs = Needs::kStore,
          .action = MakeAction<WeeklyAction>},
         {.name = "list",
          .summary = N_("list the reports that are kept"),
          .help = N_("The reports that `--keep` and the job `report` have "
                     "written into the folder reports, newest first."),
          .examples = {{"benchkeep report list",
                        N_("All of them, newest first:")}},
          .needs = Needs::kStore,
          .action = MakeAction<ListAction>}},
};

}  // namespace benchkeep::cli
