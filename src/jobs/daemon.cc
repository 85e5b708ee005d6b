// The process that stays.

#include "jobs/daemon.h"

#include <algorithm>

#include "base/json.h"
#include "host/child_processes.h"
#include "host/own_limits.h"
#include "jobs/guard_watch.h"
#include "jobs/keeper.h"
#include "jobs/memory_care.h"
#include "jobs/overview.h"
#include "jobs/thread_launcher.h"

namespace benchkeep::jobs {
namespace {

using std::chrono::milliseconds;

// The clock on the wall may jump, and a pause be asked for: look that often.
constexpr milliseconds kLongestWait{5'000};
constexpr milliseconds kLockWait{500};

milliseconds WaitFor(const Scheduler& scheduler, TimePoint now,
                     std::chrono::microseconds watchdog) {
  milliseconds wait = kLongestWait;
  if (watchdog.count() > 0) {
    wait =
        std::min(wait, std::chrono::duration_cast<milliseconds>(watchdog / 2));
  }
  if (const auto next = scheduler.NextWake()) {
    wait = std::min(wait, std::chrono::ceil<milliseconds>(*next - now));
  }
  return std::max(wait, milliseconds(10));
}

// Files that the guard may hold open; some are left to the rest of the program.
std::size_t MostHeld() {
  constexpr std::size_t kWanted = std::size_t{64} << 10;
  constexpr std::size_t kSpare = 256;
  const std::size_t allowed = host::AllowOpenFiles(kWanted);
  return allowed - std::min(kSpare, allowed / 2);
}

void Reload(const store::Store& store, const DaemonOptions& options,
            JobKeeper& keeper) {
  const auto jobs = [&]() -> Result<std::vector<Job>> {
    BENCHKEEP_ASSIGN(const store::LoadedSettings loaded,
                     store::LoadSettings(store.file_system(),
                                         store.layout().settings_file()));
    return JobsOf(loaded.settings.jobs, options.local, options.knows);
  };
  Result<std::vector<Job>> read = jobs();
  if (!read.ok()) {
    options.log(
        Say(N_("the old settings stay: {0}"), read.error().message.English()));
    return;
  }
  keeper.Replace(std::move(*read));
  options.log(Say(N_("the settings were read again")));
}

}  // namespace

Result<DaemonLock> DaemonLock::Acquire(const store::Store& store) {
  const fs::Path path = store.layout().daemon_lock();
  BENCHKEEP_TRY(store.file_system().MakeDirs(store.layout().state(), 0700));
  Result<fs::FileLock> lock =
      fs::FileLock::Acquire(path, store.clock(), kLockWait, 0600);
  if (!lock.ok()) {
    if (lock.error().code != Code::kBusy) return Unexpected(lock.error());
    const DaemonInfo holder = FindDaemon(store);
    return Fail(Code::kLocked,
                Say(N_("the daemon of this store runs already (process {0}, "
                       "since {1})"),
                    holder.pid, holder.since),
                Say(N_("stop that one first: kill {0}"), holder.pid), path);
  }
  Json holder = Json::Object();
  holder.Set("pid", Json::Int(host::ProcessId()));
  holder.Set("since", Json::String(FormatIso(store.clock().Now())));
  BENCHKEEP_TRY(lock->WriteContent(holder.Dump() + "\n"));
  return DaemonLock(std::move(*lock));
}

Result<DaemonReport> RunDaemon(const store::Store& store,
                               const DaemonLock& /*lock*/,
                               const host::Waiter& waiter,
                               const DaemonOptions& options) {
  const host::ServiceNotifier notifier(options.notify_socket);
  Clock& clock = store.clock();
  DaemonReport report;
  report.since = FormatIso(clock.Now());
  BENCHKEEP_ASSIGN(std::vector<Job> jobs,
                   JobsOf(store.settings().jobs, options.local, options.knows));
  ThreadLauncher launcher(store, options.program, [&waiter] { waiter.Wake(); });
  BENCHKEEP_ASSIGN(JobKeeper keeper,
                   JobKeeper::Open(store, std::move(jobs), launcher,
                                   clock.Now() - host::Uptime(), options.log));
  GuardWatch guard(store, MostHeld(), [&waiter] { waiter.Wake(); });
  if (store.settings().guard_max_bytes > 0) {
    // Jobs go on where the machine cannot watch folders.
    if (const Status guarded = guard.Start(); !guarded.ok()) {
      options.log(guarded.error().message);
    }
  }
  MemoryCare memory(host::Machine(), store.settings(),
                    TuneByChild(options.program), clock.Now(),
                    [&waiter] { waiter.Wake(); });
  notifier.Send("READY=1");
  options.log(Say(N_("looking after {0}"), store.layout().root()));
  while (true) {
    for (const Message& message : guard.Collect()) options.log(message);
    // People hear of it at once, where they are told about checks at all.
    if (guard.TakeAlarm()) keeper.RunSoon("alerts");
    for (const Message& message : memory.Collect()) options.log(message);
    for (const Message& message : options.news()) options.log(message);
    memory.Tick(clock.Now());
    keeper.Tick();
    notifier.Send("WATCHDOG=1");
    const host::Waiter::Events events =
        waiter.Wait(WaitFor(keeper.scheduler(), clock.Now(), options.watchdog));
    if (events.stop) break;
    if (events.reload) {
      notifier.Send("RELOADING=1");
      Reload(store, options, keeper);
      notifier.Send("READY=1");
    }
  }
  notifier.Send("STOPPING=1");
  options.log(Say(N_("stopping")));
  guard.Stop();
  for (const Message& message : guard.Collect()) options.log(message);
  memory.Stop();
  launcher.StopAll();
  keeper.BookEnds();
  report.started = keeper.started();
  report.failed = keeper.failed();
  return report;
}

}  // namespace benchkeep::jobs
