// Keeps the jobs of a store going: the scheduler, the history of runs, and
// whoever really runs them.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/message.h"
#include "base/result.h"
#include "jobs/scheduler.h"
#include "store/job_history.h"
#include "store/store.h"

namespace benchkeep::jobs {

// Runs jobs; jobs/thread_launcher.h does it with child processes.
class Launcher {
 public:
  virtual ~Launcher() = default;
  // Starts a run.  Its end comes out of Collect() some time later.
  virtual void Launch(const Job& job, const store::JobRun& run) = 0;
  // Runs that have ended since, with their end filled in.
  virtual std::vector<store::JobRun> Collect() = 0;
};

class JobKeeper {
 public:
  using Log = std::function<void(const Message&)>;

  // Takes up what is known from earlier; runs that were cut short are tried
  // again.  `store` and `launcher` must outlive it; `booted` is when the
  // machine was started.
  static Result<JobKeeper> Open(const store::Store& store,
                                std::vector<Job> jobs, Launcher& launcher,
                                TimePoint booted, Log log);

  // Books what has ended and starts what is due.  Whatever goes wrong is said
  // to the log: the keeper goes on.
  void Tick();

  // Books what has ended and starts nothing.
  void BookEnds();

  void Replace(std::vector<Job> jobs);

  // The job runs at the next tick; nothing happens when there is no such job.
  void RunSoon(const std::string& name);

  [[nodiscard]] const Scheduler& scheduler() const { return scheduler_; }
  [[nodiscard]] std::int64_t started() const { return started_; }
  [[nodiscard]] std::int64_t failed() const { return failed_; }

 private:
  JobKeeper(const store::Store& store, Launcher& launcher,
            store::JobHistory history, Scheduler scheduler, Log log);

  Status TakeUp();
  Status ReadMarks();
  void Start(const jobs::Start& start, TimePoint now);
  void Book(const store::JobRun& run, TimePoint now);

  const store::Store* store_;
  Launcher* launcher_;
  store::JobHistory history_;
  Scheduler scheduler_;
  Log log_;
  std::int64_t started_ = 0;
  std::int64_t failed_ = 0;
};

}  // namespace benchkeep::jobs
