// Runs jobs as child processes, each watched by a thread.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "jobs/job_runner.h"
#include "jobs/keeper.h"

namespace benchkeep::jobs {

class ThreadLauncher final : public Launcher {
 public:
  // `wake` is called, from another thread, when a run has ended.
  ThreadLauncher(const store::Store& store, Program program,
                 std::function<void()> wake);
  // Ends what still runs.
  ~ThreadLauncher() override;

  void Launch(const Job& job, const store::JobRun& run) override;
  std::vector<store::JobRun> Collect() override;

  // Ends all runs: TERM, and KILL for those that do not listen.  Their ends
  // come out of Collect(); returns when there are none any more.
  void StopAll();

 private:
  void Run(const Job& job, store::JobRun run);

  const store::Store& store_;
  const Program program_;
  const std::function<void()> wake_;
  std::atomic<bool> stopping_ = false;
  std::map<std::int64_t, std::thread> threads_;  // By the number of the run.
  std::mutex mutex_;
  std::vector<store::JobRun> ended_;  // Guarded by mutex_.
};

}  // namespace benchkeep::jobs
