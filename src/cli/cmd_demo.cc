// benchkeep demo: a sample campaign to play with.

#include "cli/commands.h"
#include "ops/demo.h"
#include "render/demo.h"

namespace benchkeep::cli {
namespace {

class DemoAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Argument("dir", N_("the folder to make it in"), &folder_)
        .Value("DIR")
        .Required();
    flags.Int("seed", N_("another number, another campaign"), &seed_);
    flags.Int("tests", N_("how many tests it has"), &tests_);
    flags.Bool("force", N_("make a demo that is there anew"), &force_);
  }

  ExitCode Run(Context& context) override {
    std::error_code error;
    ops::DemoOptions options;
    options.folder = std::filesystem::weakly_canonical(folder_, error);
    if (error) {
      return context.Fail(
          FailSys(error.value(), N_("finding {0}: {1}"), folder_).value());
    }
    options.seed = static_cast<std::uint64_t>(seed_);
    options.tests = static_cast<std::uint64_t>(tests_);
    options.force = force_;
    options.dry_run = context.dry_run();
    const Result<ops::DemoReport> report =
        ops::MakeDemo(context.file_system(), options, context.progress());
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::DemoDocument(*report, context.face()));
  }

 private:
  std::string folder_;
  std::int64_t seed_ = 1;
  std::int64_t tests_ = 20'000;
  bool force_ = false;
};

}  // namespace

const Command kDemoCommand = {
    .name = "demo",
    .group = Group::kLearn,
    .summary = N_("make a sample campaign to play with"),
    .help = N_(
        "Several writer processes leave a results file, increments that "
        "overlap (one of them torn), a master database with a stale summary, "
        "logs with real errors between false ones, and a configuration with "
        "a key that is none. The same seed makes the same campaign. A folder "
        "with anything else in it is left alone."),
    .examples = {{"benchkeep demo demo-campaign",
                  N_("A campaign of 20,000 tests:")},
                 {"benchkeep demo demo-campaign --force --tests 1000000",
                  N_("A larger one in its place:")}},
    .needs = Needs::kNothing,
    .action = MakeAction<DemoAction>,
};

}  // namespace benchkeep::cli
