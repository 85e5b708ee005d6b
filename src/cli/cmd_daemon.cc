// benchkeep daemon: the process that keeps a store by itself.

#include <algorithm>
#include <charconv>
#include <optional>

#include "cli/commands.h"
#include "cli/jobs_setup.h"
#include "cli/server_keeper.h"
#include "host/waiter.h"
#include "jobs/daemon.h"
#include "jobs/overview.h"
#include "render/schedule.h"

namespace benchkeep::cli {
namespace {

// WATCHDOG_USEC; anything that is no number: no watchdog.
std::chrono::microseconds Watchdog(const Context& context) {
  const std::string text = context.variable("WATCHDOG_USEC");
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::chrono::microseconds(std::max<std::int64_t>(number, 0));
}

class DaemonAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("serve", N_("answer on [serve] listen as well, like `serve`"),
               &serve_);
  }

  ExitCode Run(Context& context) override {
    if (context.dry_run()) return Rehearse(context);
    const Result<jobs::DaemonReport> report = Stay(context);
    if (!report.ok()) return context.Fail(report.error());
    render::Document document{.command = context.command()};
    document.data.Set("since", Json::String(report->since));
    document.data.Set("until", Json::String(FormatIso(context.clock().Now())));
    document.data.Set("runs", Json::Int(report->started));
    document.data.Set("failed", Json::Int(report->failed));
    document.text = context.translator().Tr(
                        Say(N_("stopped after {0} runs, {1} of them failed"),
                            report->started, report->failed)) +
                    "\n";
    return context.Emit(document);
  }

 private:
  // What it would look after.
  static ExitCode Rehearse(Context& context) {
    const auto jobs = JobsOfStore(context, context.store().settings());
    if (!jobs.ok()) return context.Fail(jobs.error());
    const auto overview = jobs::Look(context.store(), *jobs);
    if (!overview.ok()) return context.Fail(overview.error());
    render::Document document = render::ScheduleListDocument(
        *overview, context.clock().Now(), context.face());
    document.command = context.command();
    return context.Emit(document);
  }

  [[nodiscard]] Result<jobs::DaemonReport> Stay(Context& context) const {
    const store::Store& store = context.store();
    // Before any other thread starts, so that all of them leave signals to it.
    const host::Waiter waiter;
    BENCHKEEP_ASSIGN(const jobs::DaemonLock lock,
                     jobs::DaemonLock::Acquire(store));
    const jobs::TimeZone zone = LocalZone(context);
    std::optional<ServerKeeper> server;
    if (serve_) {
      server.emplace(ThisProgram(context), [&waiter] { waiter.Wake(); });
    }
    const jobs::DaemonOptions options{
        .program = ThisProgram(context),
        .local = zone,
        .knows = KnowsCommand,
        .notify_socket = context.variable("NOTIFY_SOCKET"),
        .watchdog = Watchdog(context),
        .news =
            [&] { return server ? server->Collect() : std::vector<Message>(); },
        .log =
            [&](const Message& message) {
              const std::string time =
                  jobs::FormatWall(zone, context.clock().Now());
              context.Note(Say(N_("{0} {1}"), time.substr(0, 19),
                               context.translator().Tr(message)));
            },
    };
    return jobs::RunDaemon(store, lock, waiter, options);
  }

  bool serve_ = false;
};

}  // namespace

const Command kDaemonCommand = {
    .name = "daemon",
    .group = Group::kOperate,
    .summary = N_("keep the store by itself: run its jobs by the clock"),
    .help = N_(
        "Stays in the foreground and runs the jobs of `schedule list` when "
        "they "
        "are due, each as a process of its own, never two of the same at once. "
        "Runs that were missed while the machine slept or was off are made up "
        "once; failed ones are tried again. What they said is in `schedule "
        "history`.\n\n"
        "SIGTERM or Ctrl-C stops it within seconds: what runs is ended and "
        "tried again at the next start. SIGHUP reads benchkeep.toml again. One "
        "daemon per store. It speaks sd_notify; `schedule install` writes a "
        "unit for systemd."),
    .examples = {{"benchkeep -C /data/campaign daemon",
                  N_("In a terminal, or under a service manager:")},
                 {"benchkeep daemon --serve",
                  N_("With the dashboard and the metrics:")},
                 {"benchkeep daemon --dry-run",
                  N_("See what it would look after:")}},
    .needs = Needs::kStore,
    .action = MakeAction<DaemonAction>,
};

}  // namespace benchkeep::cli
