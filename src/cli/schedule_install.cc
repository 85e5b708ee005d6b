// benchkeep schedule install: the jobs for the system's own scheduler.

#include "cli/schedule_install.h"

#include <algorithm>
#include <chrono>

#include "cli/jobs_setup.h"
#include "fs/atomic_file.h"
#include "host/child_processes.h"
#include "host/command_runner.h"
#include "jobs/system_schedule.h"
#include "render/schedule.h"

namespace benchkeep::cli {
namespace {

constexpr const char* kSystemdRuns = "/run/systemd/system";

Result<host::CommandResult> RunTool(std::vector<std::string> argv,
                                    std::string input = {}) {
  constexpr std::chrono::seconds kPatience{30};
  host::CommandOptions options;
  options.argv = std::move(argv);
  options.input = std::move(input);
  options.timeout = kPatience;
  return host::RunCommand(options);
}

// A failed tool as an error of ours.
Unexpected ToolFailed(const std::string& tool,
                      const host::CommandResult& result) {
  std::string said = result.errors.substr(0, 500);
  while (said.ends_with('\n')) said.pop_back();
  return Fail(Code::kIo, Say(N_("{0} failed: {1}"), tool, said));
}

Result<std::string> ReadCrontab() {
  Result<host::CommandResult> result = RunTool({"crontab", "-l"});
  if (!result.ok()) {
    return Fail(Code::kNotFound, Say(N_("there is no program crontab here")),
                Say(N_("install cron, or use --systemd or the daemon")));
  }
  if (result->succeeded()) return std::move(result->output);
  // "no crontab for root" is an empty one.
  if (result->errors.find("no crontab") != std::string::npos) {
    return std::string();
  }
  return ToolFailed("crontab -l", *result);
}

class InstallAction final : public Action {
 public:
  void Declare(FlagSet& flags) override {
    flags.Bool("cron", N_("as lines of your crontab"), &cron_);
    flags.Bool("systemd", N_("as timers of systemd"), &systemd_);
    flags.Bool("service", N_("the daemon as a service of systemd"), &service_);
    flags.Bool("remove", N_("take away what was installed"), &remove_);
    flags.Bool("disable-deleting",
               N_("with --cron: turn off lines that delete increments "
                  "unmerged"),
               &disable_deleting_);
    flags
        .Text("unit-dir",
              N_("where units go; otherwise the usual folder of root or of "
                 "the user"),
              &unit_dir_)
        .Value("DIR");
  }

  ExitCode Run(Context& context) override {
    if (static_cast<int>(cron_) + static_cast<int>(systemd_) +
            static_cast<int>(service_) !=
        1) {
      return context.Usage(Fail(Code::kInvalidArgument,
                                Say(N_("give one of --cron, --systemd and "
                                       "--service")))
                               .value());
    }
    const auto jobs = JobsOfStore(context, context.store().settings());
    if (!jobs.ok()) return context.Fail(jobs.error());
    return cron_ ? InstallCron(context, *jobs) : InstallUnits(context, *jobs);
  }

 private:
  ExitCode InstallCron(Context& context, const std::vector<jobs::Job>& jobs) {
    const Result<std::string> current = ReadCrontab();
    if (!current.ok()) return context.Fail(current.error());
    const jobs::Program program = ThisProgram(context);
    render::InstallPlan plan;
    plan.kind = "cron";
    plan.remove = remove_;
    if (!remove_) {
      plan.text =
          jobs::CrontabBlock(jobs, program, LocalZone(context), plan.findings);
    }
    std::string next = jobs::WithBlock(*current, plan.text, program.root);
    const std::vector<std::size_t> deleting = jobs::DeletingLines(next);
    if (disable_deleting_) next = jobs::WithoutLines(next, deleting);
    for (const std::size_t line : deleting) {
      plan.findings.push_back(
          {"crontab_deletes_increments",
           disable_deleting_ ? Severity::kInfo : Severity::kCritical, "crontab",
           disable_deleting_
               ? Say(N_("line {0} of the crontab deletes increments without "
                        "merging them; it is turned into a comment"),
                     line)
               : Say(N_("line {0} of the crontab deletes increments without "
                        "merging them"),
                     line),
           disable_deleting_
               ? Message()
               : Say(N_("`benchkeep schedule install --cron "
                        "--disable-deleting` turns it into a comment"))});
    }
    plan.changed = next != *current;
    return Finish(context, std::move(plan), [&]() -> Status {
      BENCHKEEP_ASSIGN(const host::CommandResult result,
                       RunTool({"crontab", "-"}, next));
      if (!result.succeeded()) return ToolFailed("crontab", result);
      return {};
    });
  }

  fs::Path UnitFolder(Context& context) const {
    if (!unit_dir_.empty()) return unit_dir_;
    if (host::IsRoot()) return "/etc/systemd/system";
    const std::string config = context.variable("XDG_CONFIG_HOME");
    return fs::Path(config.empty() ? context.variable("HOME") + "/.config"
                                   : config) /
           "systemd" / "user";
  }

  // Units of this store in the folder that are of the same kind.
  Result<std::vector<std::string>> Installed(Context& context,
                                             const fs::Path& folder) const {
    std::vector<std::string> names;
    BENCHKEEP_ASSIGN(const bool exists,
                     fs::Exists(context.file_system(), folder));
    if (!exists) return names;
    const std::string prefix =
        jobs::UnitPrefix(context.store().layout().root());
    BENCHKEEP_ASSIGN(const auto entries, context.file_system().List(folder));
    for (const fs::DirEntry& entry : entries) {
      const bool daemon = entry.name == prefix + ".service";
      const bool timer = entry.name.starts_with(prefix + "-");
      if (service_ ? daemon : timer) names.push_back(entry.name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  ExitCode InstallUnits(Context& context, const std::vector<jobs::Job>& jobs) {
    const jobs::Program program = ThisProgram(context);
    const fs::Path folder = UnitFolder(context);
    std::vector<jobs::UnitFile> units;
    if (!remove_) {
      units = service_ ? jobs::DaemonUnit(program)
                       : jobs::TimerUnits(jobs, program);
    }
    const Result<std::vector<std::string>> there = Installed(context, folder);
    if (!there.ok()) return context.Fail(there.error());
    std::vector<std::string> stale;
    for (const std::string& name : *there) {
      const bool wanted = std::any_of(
          units.begin(), units.end(),
          [&](const jobs::UnitFile& unit) { return unit.name == name; });
      if (!wanted) stale.push_back(name);
    }
    render::InstallPlan plan;
    plan.kind = service_ ? "service" : "systemd";
    plan.remove = remove_;
    plan.folder = folder.string();
    plan.removed = stale;
    constexpr std::uint64_t kMaxUnit = std::uint64_t{1} << 20;
    plan.changed = !stale.empty();
    for (const jobs::UnitFile& unit : units) {
      plan.files.push_back(unit.name);
      plan.text +=
          "# " + (folder / unit.name).string() + "\n" + unit.text + "\n";
      const Result<std::string> now =
          fs::ReadFile(context.file_system(), folder / unit.name, kMaxUnit);
      plan.changed = plan.changed || !now.ok() || *now != unit.text;
    }
    const Result<bool> running =
        fs::Exists(context.file_system(), kSystemdRuns);
    const bool tell = running.ok() && *running && unit_dir_.empty();
    return Finish(context, std::move(plan), [&]() -> Status {
      return WriteUnits(context, folder, units, stale, tell);
    });
  }

  Status WriteUnits(Context& context, const fs::Path& folder,
                    const std::vector<jobs::UnitFile>& units,
                    const std::vector<std::string>& stale, bool tell) const {
    constexpr std::uint32_t kUnitMode = 0644;
    fs::FileSystem& file_system = context.file_system();
    if (tell && !stale.empty()) {
      BENCHKEEP_TRY(Systemctl({"disable", "--now"}, Startable(stale)));
    }
    for (const std::string& name : stale) {
      BENCHKEEP_TRY(file_system.Remove(folder / name));
    }
    std::vector<std::string> names;
    if (!units.empty()) BENCHKEEP_TRY(file_system.MakeDirs(folder, 0755));
    for (const jobs::UnitFile& unit : units) {
      BENCHKEEP_TRY(fs::ReplaceFile(file_system, folder / unit.name, unit.text,
                                    kUnitMode));
      names.push_back(unit.name);
    }
    if (!tell) return {};
    BENCHKEEP_TRY(Systemctl({"daemon-reload"}, {}));
    if (names.empty()) return {};
    return Systemctl({"enable", "--now"}, Startable(names));
  }

  // Timers start their services; the daemon's service starts by itself.
  std::vector<std::string> Startable(std::vector<std::string> names) const {
    const char* end = service_ ? ".service" : ".timer";
    std::erase_if(
        names, [&](const std::string& name) { return !name.ends_with(end); });
    return names;
  }

  static Status Systemctl(const std::vector<std::string>& verb,
                          const std::vector<std::string>& names) {
    std::vector<std::string> argv = {"systemctl"};
    if (!host::IsRoot()) argv.emplace_back("--user");
    argv.insert(argv.end(), verb.begin(), verb.end());
    argv.insert(argv.end(), names.begin(), names.end());
    BENCHKEEP_ASSIGN(const host::CommandResult result, RunTool(argv));
    if (!result.succeeded()) {
      return ToolFailed("systemctl " + verb.front(), result);
    }
    return {};
  }

  ExitCode Finish(Context& context, render::InstallPlan plan,
                  const std::function<Status()>& apply) const {
    plan.dry_run = context.dry_run();
    if (plan.changed && !context.dry_run()) {
      if (const auto stop =
              context.Confirm(render::InstallDocument(plan, context.face()),
                              remove_ ? Say(N_("Take this away?"))
                                      : Say(N_("Install this?")))) {
        return *stop;
      }
      if (const Status done = apply(); !done.ok()) {
        return context.Fail(done.error());
      }
      plan.done = true;
    }
    return context.Emit(render::InstallDocument(plan, context.face()));
  }

  bool cron_ = false;
  bool systemd_ = false;
  bool service_ = false;
  bool remove_ = false;
  bool disable_deleting_ = false;
  std::string unit_dir_;
};

}  // namespace

Command ScheduleInstallCommand() {
  return {
      .name = "install",
      .summary = N_("let the system's own scheduler run the jobs"),
      .help = N_(
          "--cron writes a marked block into your crontab and leaves every "
          "other line as it is; --systemd writes a service and a timer per "
          "job; --service writes one service, the daemon. All three may be "
          "repeated, and --remove takes away what was written. It shows its "
          "plan and asks; --yes answers, --dry-run only shows it.\n\n"
          "The runs go through `schedule run`, so their history is kept, and "
          "two of the same job never run at once. Lines of the crontab that "
          "call consolidate_incremental_data() are pointed out: that function "
          "deletes increments instead of merging them."),
      .examples =
          {{"benchkeep schedule install --cron --dry-run",
            N_("See the block:")},
           {"benchkeep schedule install --cron --disable-deleting --yes",
            N_("Write it, and turn off what deletes increments:")},
           {"benchkeep schedule install --service --yes",
            N_("Let systemd keep the daemon running:")}},
      .needs = Needs::kStore,
      .action = MakeAction<InstallAction>,
  };
}

}  // namespace benchkeep::cli
