// One run of a job.

#include "jobs/job_runner.h"

#include <algorithm>

#include "host/command_runner.h"

namespace benchkeep::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kMostOutput = std::uint64_t{256} << 10;
constexpr std::size_t kMostKept = std::size_t{64} << 10;
constexpr int kExitFindings = 3;
// Whoever looks whether a job is running holds its lock for a moment.
constexpr std::chrono::milliseconds kLockWait{500};

std::string Words(const std::vector<std::string>& command) {
  std::string text = "benchkeep";
  for (const std::string& word : command) text += " " + word;
  return text;
}

// The beginning and the end of a long text, whole lines.
std::string Shortened(const std::string& text) {
  if (text.size() <= kMostKept) return text;
  const std::string head = text.substr(0, kMostKept / 2);
  const std::string tail = text.substr(text.size() - kMostKept / 2);
  return head + "\n[...]\n" + tail;
}

store::RunStatus StatusOf(const host::CommandResult& result) {
  if (result.timed_out) return store::RunStatus::kTimeout;
  if (result.cancelled) return store::RunStatus::kInterrupted;
  if (result.signal != 0) return store::RunStatus::kCrashed;
  if (result.exit_code == 0) return store::RunStatus::kOk;
  return result.exit_code == kExitFindings ? store::RunStatus::kFindings
                                           : store::RunStatus::kFailed;
}

}  // namespace

void RunCommands(const Job& job, const Program& program,
                 const std::function<bool()>& cancelled, store::JobRun& run) {
  run.status = store::RunStatus::kOk;
  run.exit_code = 0;
  const auto end = steady_clock::now() + job.timeout;
  for (const std::vector<std::string>& command : job.commands) {
    host::CommandOptions options;
    options.argv = {program.path, "-C",         program.root.string(),
                    "--json",     "--no-input", "--quiet"};
    options.argv.insert(options.argv.end(), command.begin(), command.end());
    options.max_output_bytes = kMostOutput;
    options.timeout = std::max(
        std::chrono::duration_cast<milliseconds>(end - steady_clock::now()),
        milliseconds(1));
    options.cancelled = cancelled;
    const Result<host::CommandResult> result = host::RunCommand(options);
    if (job.commands.size() > 1) run.output += "$ " + Words(command) + "\n";
    if (!result.ok()) {
      run.status = store::RunStatus::kFailed;
      run.exit_code.reset();
      run.output += result.error().message.English() + "\n";
      break;
    }
    run.output += result->errors;
    // A document that was cut off is none.
    if (!result->truncated) run.report += result->output;
    const store::RunStatus status = StatusOf(*result);
    if (status == store::RunStatus::kOk) continue;
    run.status = status;
    run.exit_code = result->exit_code >= 0
                        ? std::optional<std::int64_t>(result->exit_code)
                        : std::nullopt;
    if (!store::IsGood(status)) break;
  }
  run.output = Shortened(run.output);
}

Result<fs::FileLock> LockJob(const store::Store& store,
                             const std::string& job) {
  BENCHKEEP_TRY(store.file_system().MakeDirs(store.layout().job_locks(), 0700));
  Result<fs::FileLock> lock = fs::FileLock::Acquire(
      store.layout().job_lock(job), store.clock(), kLockWait, 0600);
  if (!lock.ok() && lock.error().code == Code::kBusy) {
    return Fail(Code::kBusy, Say(N_("the job {0} is running already"), job),
                Say(N_("wait until it is done; `benchkeep schedule list` shows "
                       "it")));
  }
  return lock;
}

}  // namespace benchkeep::jobs
