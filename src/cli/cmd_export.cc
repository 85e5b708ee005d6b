// benchkeep export: the results as files for other programs.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/stdout_sink.h"
#include "ops/export.h"
#include "ops/job_limits.h"
#include "render/export.h"
#include "store/parquet_results.h"

namespace benchkeep::cli {
namespace {

class ExportAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    using ops::ExportFormat;
    flags
        .Text("output",
              N_("the file to write, in an existing folder; - for stdout"),
              &output_)
        .Short('o')
        .Value("FILE");
    flags
        .Choice<ExportFormat>(
            "format",
            N_("the form of the file; otherwise by the ending of its name"),
            {{"csv", ExportFormat::kCsv},
             {"xlsx", ExportFormat::kXlsx},
             {"json", ExportFormat::kJson},
             {"jsonl", ExportFormat::kJsonl},
             {"parquet", ExportFormat::kParquet}},
            &format_)
        .Short('f');
    flags.Bool("all",
               N_("write test_results.csv, .xlsx and .json into the folder "
                  "export"),
               &all_);
    flags.List("model", N_("only tests of this model; may be repeated"),
               &filter_.models);
    flags.Text("since", N_("only tests from this time on"), &filter_.since)
        .Value("TIME");
    flags.List("columns", N_("only these columns, in this order"),
               &filter_.columns);
    flags
        .Text("where", N_("only rows that fulfil this SQL condition"),
              &filter_.where)
        .Value("SQL");
    flags.Bool("excel",
               N_("CSV that Excel opens safely: a byte order mark, and text "
                  "that looks like a formula gets a leading '"),
               &excel_);
  }

  ExitCode Run(Context& context) override {
    ops::ExportOptions options{
        .filter = filter_,
        .csv = excel_ ? ops::CsvDialect::kExcel : ops::CsvDialect::kPlain,
        .folders = all_ ? ops::Folders::kMake : ops::Folders::kMustExist,
        .dry_run = context.dry_run()};
    Result<std::vector<ops::ExportTarget>> targets = Targets(context);
    if (!targets.ok()) return context.Usage(targets.error());
    options.targets = std::move(*targets);

    const store::ResultsOptions limits = ops::LimitsFor(context.memory_bytes());
    const auto results = store::ParquetResults::Open(context.store(), limits);
    if (!results.ok()) return context.Fail(results.error());

    if (ToStdout()) return Stream(context, **results, options);
    const Result<ops::ExportReport> report = ops::RunExport(
        context.file_system(), context.store().clock(),
        context.store().layout(), **results, options, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::ExportDocument(*report, context.face()));
  }

 private:
  [[nodiscard]] bool ToStdout() const { return output_ == "-"; }

  // What to write; an error is one of usage.
  Result<std::vector<ops::ExportTarget>> Targets(Context& context) {
    if (all_ == output_.has_value()) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("say where to: -o FILE, or --all for the three files "
                         "in the folder export")));
    }
    if (all_) {
      if (format_) {
        return Fail(Code::kInvalidArgument,
                    Say(N_("--all chooses the formats itself")));
      }
      return ops::AllExportTargets(context.store().layout().exports());
    }
    if (!format_) format_ = ops::ExportFormatOfFile(*output_);
    if (!format_) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("the name {0} does not tell the format"), *output_),
                  Say(N_("add --format csv, xlsx, json, jsonl or parquet")));
    }
    if (excel_ && *format_ != ops::ExportFormat::kCsv) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("--excel is for csv; an xlsx file needs no guard")));
    }
    if (ToStdout() && context.options().json) {
      return Fail(Code::kInvalidArgument,
                  Say(N_("-o - and --json cannot share standard output")));
    }
    return std::vector<ops::ExportTarget>{{*format_, fs::Path(*output_)}};
  }

  ExitCode Stream(Context& context, store::Results& results,
                  ops::ExportOptions& options) {
    if (context.dry_run()) {
      const ops::ExportFormat format = options.targets[0].format;
      options.targets.clear();
      Result<ops::ExportReport> report = ops::RunExport(
          context.file_system(), context.store().clock(),
          context.store().layout(), results, options, context.progress());
      if (!report.ok()) return context.Fail(report.error());
      report->files.push_back({format, "-", 0, 0});
      return context.Emit(render::ExportDocument(*report, context.face()));
    }
    StdoutSink sink(context);
    const Result<std::uint64_t> rows =
        ops::StreamExport(results, options.filter, options.targets[0].format,
                          options.csv, sink, context.progress());
    if (!rows.ok()) return context.Fail(rows.error());
    return ExitCode::kOk;
  }

  std::optional<std::string> output_;
  std::optional<ops::ExportFormat> format_;
  bool all_ = false;
  bool excel_ = false;
  store::RowFilter filter_;
};

}  // namespace

const Command kExportCommand = {
    .name = "export",
    .group = Group::kLook,
    .summary = N_("write the results as CSV, XLSX, JSON or Parquet"),
    .help = N_(
        "Writes the consolidated results, or a part of them, to a file. The "
        "file appears whole or not at all: a failed export leaves the old one. "
        "In CSV, NULL is an empty field and empty text is \"\". XLSX is split "
        "into sheets of 1,048,576 rows; numbers in it keep 16 digits, and "
        "integers that a spreadsheet would round are written as text."),
    .examples =
        {{"benchkeep export -o results.csv", N_("Everything as CSV:")},
         {"benchkeep export -o gpt.xlsx --model gpt-4o --since 2025-08-01",
          N_("One model's newer tests for Excel:")},
         {"benchkeep export -o - --format jsonl --where \"success = false\"",
          N_("The failures, one JSON object per line, into a pipe:")},
         {"benchkeep export --all",
          N_("CSV, XLSX and JSON into the folder export:")}},
    .needs = Needs::kStore,
    .action = MakeAction<ExportAction>,
};

}  // namespace benchkeep::cli
