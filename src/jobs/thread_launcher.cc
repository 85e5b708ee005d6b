// Runs jobs as child processes, each watched by a thread.

#include "jobs/thread_launcher.h"

#include <utility>

namespace benchkeep::jobs {

ThreadLauncher::ThreadLauncher(const store::Store& store, Program program,
                               std::function<void()> wake)
    : store_(store), program_(std::move(program)), wake_(std::move(wake)) {}

ThreadLauncher::~ThreadLauncher() { StopAll(); }

void ThreadLauncher::Launch(const Job& job, const store::JobRun& run) {
  threads_.emplace(run.id, std::thread([this, job, run] { Run(job, run); }));
}

void ThreadLauncher::Run(const Job& job, store::JobRun run) {
  const Result<fs::FileLock> lock = LockJob(store_, job.name);
  if (lock.ok()) {
    RunCommands(
        job, program_, [this] { return stopping_.load(); }, run);
  } else {
    run.status = store::RunStatus::kFailed;
    run.output = lock.error().message.English() + "\n";
  }
  run.ended = store_.clock().Now();
  {
    const std::lock_guard guard(mutex_);
    ended_.push_back(std::move(run));
  }
  wake_();
}

std::vector<store::JobRun> ThreadLauncher::Collect() {
  std::vector<store::JobRun> ended;
  {
    const std::lock_guard guard(mutex_);
    ended.swap(ended_);
  }
  for (const store::JobRun& run : ended) {
    const auto thread = threads_.find(run.id);
    if (thread == threads_.end()) continue;
    thread->second.join();
    threads_.erase(thread);
  }
  return ended;
}

void ThreadLauncher::StopAll() {
  stopping_ = true;
  for (auto& [id, thread] : threads_) thread.join();
  threads_.clear();
}

}  // namespace benchkeep::jobs
