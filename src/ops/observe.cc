// Writing the files that watch a store.

#include "ops/observe.h"

#include "fs/atomic_file.h"

namespace benchkeep::ops {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 20;

std::string Filled(std::string text, const std::string& mark,
                   const std::string& value) {
  for (std::size_t at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

}  // namespace

Result<ObserveReport> WriteObserveFiles(fs::FileSystem& file_system,
                                        const ObserveOptions& options) {
  ObserveReport report;
  report.folder = options.folder.string();
  report.dry_run = options.dry_run;
  std::vector<ObserveFile> wanted;
  for (const ObserveFile& file : options.files) {
    const std::string text = Filled(
        Filled(file.text, "@TARGET@", options.target), "@ROOT@", options.root);
    const fs::Path path = options.folder / file.name;
    const Result<std::string> before =
        fs::ReadFile(file_system, path, kMaxBytes);
    if (before.ok() && *before == text) {
      report.unchanged.push_back(file.name);
      continue;
    }
    const bool missing = !before.ok() && before.error().code == Code::kNotFound;
    if (!missing && !options.force) {
      if (!before.ok()) return Unexpected(before.error());
      return Fail(
          Code::kAlreadyExists,
          Say(N_("{0} is there and differs; nothing was written"), path),
          Say(N_("choose another folder, or write over it with "
                 "--force")),
          path);
    }
    wanted.push_back({file.name, text});
  }
  for (const ObserveFile& file : wanted) {
    report.written.push_back(file.name);
    if (options.dry_run) continue;
    BENCHKEEP_TRY(file_system.MakeDirs(options.folder, 0777));
    BENCHKEEP_TRY(
        fs::ReplaceFile(file_system, options.folder / file.name, file.text));
  }
  return report;
}

}  // namespace benchkeep::ops
