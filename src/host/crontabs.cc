// What cron runs on this machine.

#include "host/crontabs.h"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace benchkeep::host {
namespace {

namespace stdfs = std::filesystem;

constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 20;

void Search(const stdfs::path& file, const std::string& word,
            CronLines& found) {
  std::error_code error;
  const auto size = stdfs::file_size(file, error);
  if (error || size > kMaxBytes) return;
  std::ifstream stream(file);
  if (!stream) {
    found.unreadable.push_back(file);
    return;
  }
  std::string text;
  for (int number = 1; std::getline(stream, text); ++number) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string::npos || text[start] == '#') continue;
    if (text.find(word) != std::string::npos) {
      found.lines.push_back({file, number, text.substr(start)});
    }
  }
}

}  // namespace

CronLines FindCronLines(const std::string& word, const stdfs::path& root) {
  CronLines found;
  Search(root / "etc/crontab", word, found);
  for (const char* folder : {"var/spool/cron/crontabs", "var/spool/cron",
                             "etc/cron.d", "etc/cron.hourly", "etc/cron.daily",
                             "etc/cron.weekly", "etc/cron.monthly"}) {
    std::error_code error;
    if (!stdfs::is_directory(root / folder, error)) continue;
    std::vector<stdfs::path> files;
    stdfs::directory_iterator entries(root / folder, error);
    if (error) {
      found.unreadable.push_back(root / folder);
      continue;
    }
    for (const stdfs::directory_iterator end; entries != end && !error;
         entries.increment(error)) {
      std::error_code ignored;
      if (entries->is_regular_file(ignored)) files.push_back(entries->path());
    }
    std::sort(files.begin(), files.end());
    for (const stdfs::path& file : files) Search(file, word, found);
  }
  return found;
}

}  // namespace benchkeep::host
