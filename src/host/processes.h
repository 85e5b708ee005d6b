// Running processes as /proc shows them.
//
// What is read is a snapshot: a process may end at any time, and its number may
// be given to another one.  `pid` together with `start_ticks` names a process
// for good; host/stop.h checks both before it signals.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace benchkeep::host {

struct Process {
  int pid = 0;
  int parent = 0;
  std::uint64_t start_ticks = 0;  // Clock ticks since the machine started.
  TimePoint started = {};         // The same by the wall clock, to a second.
  char state = '?';               // R, S, D, Z, ... as in proc(5).
  std::string name = {};          // Of the program, at most 15 bytes.
  // Empty where we may not look: the process belongs to somebody else.
  std::filesystem::path exe = {};  // Without " (deleted)".
  std::filesystem::path cwd = {};
  std::vector<std::string> argv = {};
  std::chrono::nanoseconds cpu{0};  // User and system time.
  std::uint64_t rss_bytes = 0;

  [[nodiscard]] bool Same(const Process& other) const {
    return pid == other.pid && start_ticks == other.start_ticks;
  }
};

// A file that a process has open.
struct OpenFile {
  std::filesystem::path path;
  bool writable = false;
};

// A view of /proc; tests bring a folder of their own.
class ProcessTable {
 public:
  explicit ProcessTable(std::filesystem::path proc = "/proc");

  // All processes that can be seen, by pid.
  [[nodiscard]] std::vector<Process> List() const;
  [[nodiscard]] std::optional<Process> Find(int pid) const;

  // Open files of the process below `root` (absolute, without links).  Nullopt
  // where we may not look.
  [[nodiscard]] std::optional<std::vector<OpenFile>> OpenFilesBelow(
      int pid, const std::filesystem::path& root) const;

  // Memory with shared pages counted in part.  Costs milliseconds for a large
  // process; nullopt where we may not look.
  [[nodiscard]] std::optional<std::uint64_t> PssBytes(int pid) const;

 private:
  [[nodiscard]] std::optional<Process> Read(const std::string& pid) const;
  std::filesystem::path proc_;
  std::int64_t boot_seconds_ = 0;  // Since 1970.
};

// True when the process runs a Python interpreter, by its program or, where
// that cannot be seen, by its first argument.
bool IsPython(const Process& process);

// What the Python process runs: its script as it was named ("./batch_test.py"),
// or its module after -m.  Empty for -c, for standard input, and for anything
// that is not Python.
std::string PythonScript(const Process& process);

// True when `path` is `root` or below it, by its spelling.
bool IsBelow(const std::filesystem::path& path,
             const std::filesystem::path& root);

}  // namespace benchkeep::host
