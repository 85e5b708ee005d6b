// benchkeep metrics: the metrics of `serve`, once.

#include "cli/commands.h"
#include "cli/site_parts.h"
#include "cli/version.h"
#include "fs/atomic_file.h"
#include "web/metrics.h"

namespace benchkeep::cli {
namespace {

class MetricsAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags
        .Text("textfile", N_("write to this file, for node_exporter"),
              &textfile_)
        .Value("FILE");
  }

  ExitCode Run(Context& context) override {
    jobs::Collectors collectors(CollectorSpecs(context), {"en"},
                                context.clock(), [](const std::string&) {});
    collectors.CollectOnce();
    const std::vector<jobs::CollectorHealth> health = collectors.Health();
    const std::string text =
        web::MetricsOf(collectors.Current(), health, kVersion);
    render::Document document{.command = context.command()};
    Json list = Json::Array();
    for (const jobs::CollectorHealth& one : health) {
      Json& json = list.Append(Json::Object());
      json.Set("name", Json::String(one.name));
      json.Set("up", Json::Bool(one.up));
      if (!one.error) continue;
      document.findings.push_back(
          {"collector_down", Severity::kWarning, "",
           Say(N_("{0} is not up to date: {1}"), one.name,
               context.translator().Tr(one.error->message)),
           one.error->fix});
    }
    document.status = render::OutcomeOf(document.findings);
    document.data.Set("collectors", std::move(list));
    document.data.Set("samples", Json::Int(Samples(text)));
    document.data.Set("file", textfile_ ? Json::String(*textfile_) : Json());
    if (textfile_ && !context.dry_run()) {
      const Status written =
          fs::ReplaceFile(context.file_system(), *textfile_, text, 0644);
      if (!written.ok()) return context.Fail(written.error());
    }
    if (textfile_ || context.options().json) return context.Emit(document);
    // Nothing but metrics on stdout: Prometheus reads it.
    for (const Finding& finding : document.findings) {
      context.Warn(finding.message);
    }
    if (Status put = context.Write(text); !put.ok()) {
      return context.Fail(put.error());
    }
    return ExitCodeOf(document.status);
  }

 private:
  static std::int64_t Samples(const std::string& text) {
    std::int64_t lines = 0;
    bool at_start = true;
    for (const char c : text) {
      if (at_start && c != '#') ++lines;
      at_start = c == '\n';
    }
    return lines;
  }

  std::optional<std::string> textfile_;
};

}  // namespace

const Command kMetricsCommand = {
    .name = "metrics",
    .group = Group::kOperate,
    .summary = N_("print the metrics of the store for Prometheus"),
    .help =
        N_("The same metrics as `serve` has at /metrics, read once: for a cron "
           "job beside node_exporter, whose textfile collector picks up FILE. "
           "FILE is replaced in one step."),
    .examples = {{"benchkeep metrics", N_("Look at them:")},
                 {"benchkeep -C /data/campaign metrics --textfile "
                  "/var/lib/prometheus/node-exporter/benchkeep.prom",
                  N_("For node_exporter:")}},
    .needs = Needs::kStore,
    .action = MakeAction<MetricsAction>,
};

}  // namespace benchkeep::cli
