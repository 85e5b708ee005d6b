// A folder that looks like /proc.

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace benchkeep::host {

struct FakeProcess {
  int pid = 0;
  int parent = 1;
  std::uint64_t start_ticks = 1000;
  std::string exe;  // Empty: we may not look.
  std::vector<std::string> argv = {};
  std::string cwd = "/";
  char state = 'S';
  std::string name = "a program";
};

class FakeProc {
 public:
  // The machine started at `boot_seconds` since 1970.
  FakeProc(std::filesystem::path folder, std::int64_t boot_seconds)
      : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    Write(folder_ / "stat",
          fmt::format("cpu  1 2 3\nbtime {}\n", boot_seconds));
    Write(folder_ / "uptime", "1.0 1.0\n");
  }

  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

  void Add(const FakeProcess& process) {
    const auto folder = folder_ / std::to_string(process.pid);
    std::filesystem::create_directories(folder / "fdinfo");
    Write(folder / "stat",
          fmt::format("{} ({}) {} {} 1 1 0 -1 4194560 9 9 9 9 250 50 0 0 20 0 "
                      "1 0 {} 999 10 0 0\n",
                      process.pid, process.name, process.state, process.parent,
                      process.start_ticks));
    std::string line;
    for (const std::string& word : process.argv) line += word + '\0';
    Write(folder / "cmdline", line);
    if (process.exe.empty()) return;
    std::filesystem::create_directories(folder / "fd");
    std::filesystem::create_symlink(process.exe, folder / "exe");
    std::filesystem::create_symlink(process.cwd, folder / "cwd");
    Write(folder / "smaps_rollup", "00-ff ---p\nRss:  8 kB\nPss:  5 kB\n");
  }

  // `flags` as in open(2), written in octal: "0100002".
  void Open(int pid, int fd, const std::string& file,
            const std::string& flags) {
    const auto folder = folder_ / std::to_string(pid);
    std::filesystem::create_symlink(file, folder / "fd" / std::to_string(fd));
    Write(folder / "fdinfo" / std::to_string(fd),
          "pos:\t0\nflags:\t" + flags + "\nmnt_id:\t1\n");
  }

 private:
  static void Write(const std::filesystem::path& file,
                    const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  std::filesystem::path folder_;
};

}  // namespace benchkeep::host
