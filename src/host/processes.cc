// Reading /proc/PID.

#include "host/processes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "host/proc_file.h"

namespace benchkeep::host {
namespace {

namespace files = std::filesystem;

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename T>
T NumberIn(std::string_view text, int base = 10) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// Where a link of /proc leads; empty when we may not look.
files::path Target(const files::path& link) {
  std::error_code error;
  std::string target = files::read_symlink(link, error).string();
  constexpr std::string_view kDeleted = " (deleted)";
  if (target.ends_with(kDeleted)) {
    target.resize(target.size() - kDeleted.size());
  }
  return error ? files::path() : files::path(target);
}

std::vector<std::string> SplitAtNul(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\0', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// The number after `key` on its line: "Pss:     123 kB".
std::optional<std::uint64_t> NumberAfter(const std::string& text,
                                         std::string_view key, int base) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t digit = line.find_first_of("0123456789", key.size());
    if (digit == std::string::npos) return std::nullopt;
    return NumberIn<std::uint64_t>(std::string_view(line).substr(digit), base);
  }
  return std::nullopt;
}

bool IsPythonName(const std::string& name) {
  return name.starts_with("python") || name.starts_with("pypy");
}

}  // namespace

ProcessTable::ProcessTable(files::path proc) : proc_(std::move(proc)) {
  boot_seconds_ = static_cast<std::int64_t>(
      NumberAfter(ReadProcFile(proc_ / "stat"), "btime", 10).value_or(0));
}

std::optional<Process> ProcessTable::Read(const std::string& pid) const {
  // Fields of /proc/PID/stat, counted from the one after the name (proc(5)).
  enum Field { kState, kParent, kUser = 11, kSystem, kStart = 19, kRss = 21 };
  const files::path folder = proc_ / pid;
  const std::string stat = ReadProcFile(folder / "stat");
  // The name is in parentheses and may hold some itself.
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return std::nullopt;  // It has ended.
  }
  std::istringstream rest(stat.substr(close + 1));
  const std::vector<std::string> fields{
      std::istream_iterator<std::string>(rest), {}};
  if (fields.size() <= kRss) return std::nullopt;

  static const auto ticks_per_second =
      static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  static const auto page_bytes =
      static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
  const auto number = [&](Field field) {
    return NumberIn<std::uint64_t>(fields[field]);
  };
  const std::chrono::nanoseconds tick =
      std::chrono::nanoseconds(std::chrono::seconds(1)) / ticks_per_second;

  Process process;
  process.pid = NumberIn<int>(pid);
  process.parent = NumberIn<int>(fields[kParent]);
  process.start_ticks = number(kStart);
  process.started = TimePoint(std::chrono::seconds(boot_seconds_)) +
                    tick * process.start_ticks;
  process.state = fields[kState][0];
  process.name = stat.substr(open + 1, close - open - 1);
  process.exe = Target(folder / "exe");
  process.cwd = Target(folder / "cwd");
  process.argv = SplitAtNul(ReadProcFile(folder / "cmdline"));
  process.cpu = tick * (number(kUser) + number(kSystem));
  process.rss_bytes = number(kRss) * page_bytes;
  return process;
}

std::vector<Process> ProcessTable::List() const {
  std::vector<Process> found;
  std::error_code error;
  for (files::directory_iterator at(proc_, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!IsNumber(name)) continue;
    if (auto process = Read(name)) found.push_back(std::move(*process));
  }
  std::sort(found.begin(), found.end(),
            [](const Process& a, const Process& b) { return a.pid < b.pid; });
  return found;
}

std::optional<Process> ProcessTable::Find(int pid) const {
  return Read(std::to_string(pid));
}

std::optional<std::vector<OpenFile>> ProcessTable::OpenFilesBelow(
    int pid, const files::path& root) const {
  const files::path folder = proc_ / std::to_string(pid);
  std::vector<OpenFile> found;
  std::error_code error;
  files::directory_iterator at(folder / "fd", error);
  if (error) return std::nullopt;
  for (const files::directory_iterator end; !error && at != end;
       at.increment(error)) {
    OpenFile file{Target(at->path()), false};
    if (!IsBelow(file.path, root)) continue;
    const std::string info =
        ReadProcFile(folder / "fdinfo" / at->path().filename());
    const auto flags = NumberAfter(info, "flags:", 8).value_or(0);
    file.writable = (flags & O_ACCMODE) != O_RDONLY;
    found.push_back(std::move(file));
  }
  return found;
}

std::optional<std::uint64_t> ProcessTable::PssBytes(int pid) const {
  constexpr std::uint64_t kKiB = 1024;
  const auto pss = NumberAfter(
      ReadProcFile(proc_ / std::to_string(pid) / "smaps_rollup"), "Pss:", 10);
  if (!pss) return std::nullopt;
  return *pss * kKiB;
}

bool IsPython(const Process& process) {
  if (!process.exe.empty()) {
    return IsPythonName(process.exe.filename().string());
  }
  return !process.argv.empty() &&
         IsPythonName(files::path(process.argv[0]).filename().string());
}

std::string PythonScript(const Process& process) {
  if (!IsPython(process)) return {};
  const std::vector<std::string>& argv = process.argv;
  const auto word = [&](std::size_t i) {
    return i < argv.size() ? argv[i] : std::string();
  };
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string& arg = argv[i];
    if (arg == "--") return word(i + 1);
    if (arg == "--check-hash-based-pycs") {
      ++i;
      continue;
    }
    if (arg == "-") return {};
    if (!arg.starts_with('-')) return arg;
    if (arg.starts_with("--")) continue;
    // A cluster such as "-uBW ignore", "-Xdev" or "-um module".
    for (std::size_t at = 1; at < arg.size(); ++at) {
      if (arg[at] == 'c') return {};
      const bool attached = at + 1 < arg.size();
      if (arg[at] == 'm') return attached ? arg.substr(at + 1) : word(i + 1);
      if (arg[at] == 'W' || arg[at] == 'X') {
        if (!attached) ++i;
        break;
      }
    }
  }
  return {};
}

bool IsBelow(const files::path& path, const files::path& root) {
  if (path.empty() || root.empty()) return false;
  const auto [in_root, in_path] =
      std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return in_root == root.end();
}

}  // namespace benchkeep::host
