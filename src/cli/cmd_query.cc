// benchkeep query: read-only SQL over the results.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/stdout_sink.h"
#include "ops/job_limits.h"
#include "ops/query.h"
#include "render/query.h"
#include "store/parquet_results.h"

namespace benchkeep::cli {
namespace {

enum class Form { kTable, kCsv, kJson, kJsonl };

// On a terminal, unless --limit says otherwise.
constexpr std::uint64_t kScreenful = 1000;

class QueryAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("sql", N_("one SELECT statement"), &sql_).Required();
    flags
        .Choice<Form>("format",
                      N_("table, or rows as csv, json or jsonl on stdout"),
                      {{"table", Form::kTable},
                       {"csv", Form::kCsv},
                       {"json", Form::kJson},
                       {"jsonl", Form::kJsonl}},
                      &form_)
        .Short('f');
    flags.Int("limit",
              N_("most rows of a table, 0 for all; otherwise 1000 on a "
                 "terminal"),
              &limit_);
  }

  ExitCode Run(Context& context) override {
    const bool json = context.options().json;
    if (json && form_ && *form_ != Form::kJson) {
      return context.Usage(
          Fail(Code::kInvalidArgument,
               Say(N_("--json and another --format cannot share standard "
                      "output")))
              .value());
    }
    const store::ResultsOptions limits = ops::LimitsFor(context.memory_bytes());
    const Result<std::unique_ptr<ops::QueryTables>> tables =
        ops::OpenQueryTables(context.store(), sql_, limits, context.progress());
    if (!tables.ok()) return context.Fail(tables.error());

    const Form form = form_.value_or(Form::kTable);
    if (!json && form != Form::kTable) {
      return Stream(context, (*tables)->results(), form);
    }
    ops::QueryOptions options{.sql = sql_};
    if (limit_) {
      options.limit = static_cast<std::uint64_t>(*limit_);
    } else if (!json && context.output_is_terminal()) {
      options.limit = kScreenful;
    }
    const Result<ops::QueryReport> report =
        ops::RunQuery((*tables)->results(), options, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::QueryDocument(*report, context.face()));
  }

 private:
  ExitCode Stream(Context& context, store::Results& results, Form form) {
    const ops::ExportFormat format =
        form == Form::kCsv    ? ops::ExportFormat::kCsv
        : form == Form::kJson ? ops::ExportFormat::kJson
                              : ops::ExportFormat::kJsonl;
    StdoutSink sink(context);
    const Result<std::uint64_t> rows =
        ops::StreamQuery(results, sql_, format, sink, context.progress());
    if (!rows.ok()) return context.Fail(rows.error());
    return ExitCode::kOk;
  }

  std::string sql_;
  std::optional<Form> form_;
  std::optional<std::int64_t> limit_;
};

}  // namespace

const Command kQueryCommand = {
    .name = "query",
    .group = Group::kLook,
    .summary = N_("answer a question in SQL"),
    .help = N_(
        "Runs one SELECT statement over the tables results (the results file), "
        "increments (what waits to be consolidated, with the column file) and "
        "cells (the leaves of the master database). It can only read, and "
        "only these tables."),
    .examples =
        {{"benchkeep query \"SELECT model, count(*) AS tests, avg(success) AS "
          "rate FROM results GROUP BY model ORDER BY tests DESC\"",
          N_("Tests and success rate of each model:")},
         {"benchkeep query \"DESCRIBE results\"",
          N_("Which columns there are:")},
         {"benchkeep query --format csv \"SELECT * FROM cells\" > cells.csv",
          N_("The leaves of the master database as CSV:")}},
    .needs = Needs::kStore,
    .action = MakeAction<QueryAction>,
};

}  // namespace benchkeep::cli
