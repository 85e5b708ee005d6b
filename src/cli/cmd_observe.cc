// benchkeep observe: files for Prometheus and Grafana.

#include "cli/commands.h"
#include "ops/observe.h"
#include "render/observe.h"
#include "web/assets.h"

namespace benchkeep::cli {
namespace {

class InitAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("dir", N_("the folder to write to"), &folder_)
        .Value("DIR")
        .Required();
    flags
        .Text("target",
              N_("where Prometheus finds `serve`; otherwise [serve] listen"),
              &target_)
        .Value("ADDRESS");
    flags.Bool("force", N_("write over files that differ"), &force_);
  }

  ExitCode Run(Context& context) override {
    std::error_code error;
    ops::ObserveOptions options;
    options.folder = std::filesystem::weakly_canonical(folder_, error);
    if (error) {
      return context.Fail(
          FailSys(error.value(), N_("finding {0}: {1}"), folder_).value());
    }
    options.target = target_.value_or(context.store().settings().serve_listen);
    options.root = context.root().string();
    options.force = force_;
    options.dry_run = context.dry_run();
    constexpr std::string_view kFolder = "observe/";
    for (const web::Asset& asset : web::Assets()) {
      if (!asset.path.starts_with(kFolder)) continue;
      options.files.push_back({std::string(asset.path.substr(kFolder.size())),
                               web::Inflate(asset)});
    }
    const Result<ops::ObserveReport> report =
        ops::WriteObserveFiles(context.file_system(), options);
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::ObserveDocument(*report, context.face()));
  }

 private:
  std::string folder_;
  std::optional<std::string> target_;
  bool force_ = false;
};

}  // namespace

const Command kObserveCommand = {
    .name = "observe",
    .group = Group::kOperate,
    .summary = N_("set up Prometheus and Grafana for the store"),
    .help = N_("Writes what they need to know: where to look, what to warn "
               "of, what to draw. They are not installed or started."),
    .examples = {{"benchkeep observe init watch",
                  N_("Into the folder watch:")}},
    .subcommands = {
        {.name = "init",
         .group = Group::kOperate,
         .summary = N_("write files for Prometheus and Grafana"),
         .help =
             N_("A configuration of Prometheus, alert rules with the command "
                "that helps and their unit tests, a Grafana dashboard with its "
                "provisioning, and a README that says where each goes. A file "
                "that is there and differs is left alone."),
         .examples = {{"benchkeep observe init watch",
                       N_("Into the folder watch:")},
                      {"benchkeep observe init watch --target "
                       "bench.example:8443",
                       N_("When Prometheus runs on another machine:")}},
         .needs = Needs::kStore,
         .action = MakeAction<InitAction>},
    }};

}  // namespace benchkeep::cli
