// Which logs there are.

#include "ops/log_files.h"

#include <algorithm>

#include "store/layout.h"

namespace benchkeep::ops {
namespace {

constexpr int kMaxDepth = 16;

void ListFolder(const store::Store& store, const fs::Path& folder, int depth,
                std::vector<LogFile>& logs, Findings& findings) {
  fs::FileSystem& file_system = store.file_system();
  const auto entries = file_system.List(folder);
  if (!entries.ok()) {
    if (entries.error().code == Code::kNotFound) return;
    findings.push_back({"logs_unreadable",
                        Severity::kWarning,
                        store.layout().Relative(folder),
                        entries.error().message,
                        {}});
    return;
  }
  for (const fs::DirEntry& entry : *entries) {
    const fs::Path path = folder / entry.name;
    if (entry.type == fs::FileType::kDirectory && depth < kMaxDepth) {
      ListFolder(store, path, depth + 1, logs, findings);
    }
    if (entry.type != fs::FileType::kRegular ||
        !store::Layout::IsLogName(entry.name)) {
      continue;
    }
    const Result<fs::FileInfo> info = file_system.Info(path);
    if (info.ok()) logs.push_back({path, *info});  // Or it has just gone.
  }
}

}  // namespace

Result<std::vector<LogFile>> ListLogs(const store::Store& store,
                                      Findings& findings) {
  std::vector<LogFile> logs;
  ListFolder(store, store.layout().logs(), 0, logs, findings);
  std::sort(logs.begin(), logs.end(),
            [](const LogFile& a, const LogFile& b) { return a.path < b.path; });
  return logs;
}

}  // namespace benchkeep::ops
