// benchkeep check: are results arriving, and are they safe?

#include <algorithm>
#include <chrono>

#include "cli/commands.h"
#include "host/child_processes.h"
#include "host/local_time.h"
#include "ops/check.h"
#include "render/check.h"

namespace benchkeep::cli {
namespace {

enum class Form { kText, kJson, kNagios, kMarkdown };

// Before the settings are read nothing says how long to wait.
constexpr std::chrono::seconds kOpening{20};

// The convention of monitoring plugins, which holds for this command alone.
ExitCode PluginCode(ops::CheckState state) {
  switch (state) {
    case ops::CheckState::kOk:
      return static_cast<ExitCode>(0);
    case ops::CheckState::kWarning:
      return static_cast<ExitCode>(1);
    case ops::CheckState::kCritical:
      return static_cast<ExitCode>(2);
    case ops::CheckState::kUnknown:
      break;
  }
  return static_cast<ExitCode>(3);
}

class CheckAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Choice<ops::CheckLevel>(
        "level",
        N_("quick looks at names, sizes and footers; deep reads every row and "
           "proves the books"),
        {{"quick", ops::CheckLevel::kQuick},
         {"full", ops::CheckLevel::kFull},
         {"deep", ops::CheckLevel::kDeep}},
        &level_);
    flags
        .Choice<Form>("format",
                      N_("text, json, one line for monitoring systems, or a "
                         "table in Markdown"),
                      {{"text", Form::kText},
                       {"json", Form::kJson},
                       {"nagios", Form::kNagios},
                       {"md", Form::kMarkdown}},
                      &form_)
        .Short('f');
    flags.List("only", N_("only these checks"), &only_).Value("NAME,...");
  }

  ExitCode Run(Context& context) override {
    for (const std::string& name : only_) {
      const auto& names = ops::CheckNames();
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        return context.Usage(
            benchkeep::Fail(Code::kInvalidArgument,
                            Say(N_("there is no check '{0}'"), name))
                .value());
      }
    }
    // Opening the store looks at its disk, which may hang.
    if (!ops::StoreAnswers(context.file_system(), context.clock(),
                           context.root(), kOpening)) {
      return Show(context, ops::HangingStore(level_, kOpening));
    }
    if (const Status opened = context.OpenStore(Context::Trace::kNone);
        !opened.ok()) {
      return context.Fail(opened.error());
    }
    ops::CheckOptions options;
    options.level = level_;
    options.only = only_;
    options.memory_bytes = context.memory_bytes();
    options.remember = !context.dry_run();
    options.utc_offset = host::UtcOffset(context.clock().Now());
    options.self = host::ProcessId();
    options.variable = [&context](const char* name) {
      return context.variable(name);
    };
    return Show(context,
                ops::RunChecks(context.store(), options, context.progress()));
  }

 private:
  ExitCode Show(Context& context, const ops::CheckReport& report) const {
    const render::Document document =
        render::CheckDocument(report, context.face());
    Status shown;
    if (context.options().json || form_ == Form::kJson) {
      shown = context.Write(
          render::ToJson(document, context.translator()).Dump() + "\n");
    } else if (form_ == Form::kNagios) {
      shown = context.Write(render::CheckNagios(report, context.translator()));
    } else if (form_ == Form::kMarkdown) {
      shown =
          context.Write(render::CheckMarkdown(report, context.translator()));
    } else {
      shown = context.Write(document.text);
    }
    if (!shown.ok()) return context.Fail(shown.error());
    return PluginCode(report.state);
  }

  ops::CheckLevel level_ = ops::CheckLevel::kFull;
  Form form_ = Form::kText;
  std::vector<std::string> only_;
};

}  // namespace

const Command kCheckCommand = {
    .name = "check",
    .group = Group::kLook,
    .summary = N_("see whether results are arriving and safe"),
    .help = N_(
        "Nine checks: the programs that write, the master database, the "
        "results, the increments, the disk, errors in the logs, the services "
        "that the campaign calls, the backups and the jobs. Each says what it "
        "found, since when it is not good, and which command cures it. A check "
        "that could not run is unknown, never ok; one that hangs is given up. "
        "Thresholds are in [check] and [api] of benchkeep.toml. Exits with 0 "
        "when all is ok, 1 for a warning, 2 for something critical, 3 for "
        "unknown, like the plugins of monitoring systems."),
    .examples =
        {{"benchkeep check", N_("The daily look:")},
         {"benchkeep check --level deep",
          N_("Read every row, and prove that none is missing:")},
         {"benchkeep check --format nagios --level quick",
          N_("For a monitoring system:")},
         {"benchkeep check --json | jq -r '.data.checks[] | select(.status != "
          "\"ok\") | .fix'",
          N_("What is to be done, for a script:")}},
    .needs = Needs::kNothing,
    .action = MakeAction<CheckAction>,
};

}  // namespace benchkeep::cli
