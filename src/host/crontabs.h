// What cron runs on this machine.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace benchkeep::host {

struct CronLine {
  std::filesystem::path file;
  int line = 0;
  std::string text;
};

struct CronLines {
  std::vector<CronLine> lines;
  // Tables that we may not read.
  std::vector<std::filesystem::path> unreadable;
};

// Lines of the tables of cron that hold `word` and are no comments.  `root` is
// "/"; tests bring a folder of their own.
CronLines FindCronLines(const std::string& word,
                        const std::filesystem::path& root);

}  // namespace benchkeep::host
