// One run of a job, from its start to its end.

#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "fs/file_lock.h"
#include "fs/file_system.h"
#include "jobs/job.h"
#include "store/job_history.h"
#include "store/store.h"

namespace benchkeep::jobs {

// What the commands of a job are run with.
struct Program {
  std::string path;  // Of benchkeep itself.
  fs::Path root;     // For -C.
};

// Runs the commands of the job as child processes, one after the other until
// one fails, and fills in how it went: status, exit_code, output, report.  Ends
// them when the job takes too long or `cancelled` says so.
void RunCommands(const Job& job, const Program& program,
                 const std::function<bool()>& cancelled, store::JobRun& run);

// Nobody else runs that job while this is held, whoever they are.  kBusy when
// somebody does.
Result<fs::FileLock> LockJob(const store::Store& store, const std::string& job);

}  // namespace benchkeep::jobs
