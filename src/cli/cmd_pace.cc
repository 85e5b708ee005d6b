// benchkeep pace: how fast results arrive.

#include "cli/commands.h"
#include "host/local_time.h"
#include "ops/arrivals.h"
#include "render/pace.h"

namespace benchkeep::cli {
namespace {

constexpr std::int64_t kMostHours = 168;  // A week.

class PaceAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Int("hours", N_("how far to look back"), &hours_);
  }

  ExitCode Run(Context& context) override {
    if (hours_ < 1 || hours_ > kMostHours) {
      return context.Usage(
          Fail(Code::kInvalidArgument,
               Say(N_("--hours must be a number from 1 to {0}"), kMostHours))
              .value());
    }
    ops::ArrivalsOptions options;
    options.span = std::chrono::hours(hours_);
    options.utc_offset = host::UtcOffset(context.clock().Now());
    options.memory_bytes = context.memory_bytes();
    const Result<ops::ArrivalsReport> report =
        ops::ReadArrivals(context.store(), options);
    if (!report.ok()) return context.Fail(report.error());
    return context.Emit(render::PaceDocument(*report, context.face()));
  }

 private:
  std::int64_t hours_ = 24;
};

}  // namespace

const Command kPaceCommand = {
    .name = "pace",
    .group = Group::kLook,
    .summary = N_("show how fast results arrive"),
    .help = N_(
        "Tests that ended in the last 10 minutes, the last hour and the last "
        "day, by model, in the results and in the increments that wait. With "
        "--json there is a number for every minute. Times that name no zone "
        "are taken for those of this machine. It changes nothing and takes no "
        "lock."),
    .examples = {{"benchkeep pace", N_("The last day:")},
                 {"benchkeep pace --hours 1 --json | jq .data.per_minute_10",
                  N_("One number for a script:")}},
    .needs = Needs::kStore,
    .action = MakeAction<PaceAction>,
};

}  // namespace benchkeep::cli
