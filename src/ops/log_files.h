// Which logs there are.

#pragma once

#include <string>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "store/store.h"

namespace benchkeep::ops {

struct LogFile {
  fs::Path path;
  fs::FileInfo info;
};

// Every log below [store] logs, sorted by path; empty without that folder.
// Folders that cannot be listed go to `findings`.  Links are not followed.
Result<std::vector<LogFile>> ListLogs(const store::Store& store,
                                      Findings& findings);

}  // namespace benchkeep::ops
