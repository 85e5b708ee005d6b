// A folder that looks like the root of a machine: /proc and /sys.

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace benchkeep::host {

class FakeMachine {
 public:
  // Eight processors, all of them allowed; 16 GiB, 12 of them available.
  explicit FakeMachine(std::filesystem::path root) : root_(std::move(root)) {
    Write("sys/devices/system/cpu/online", "0-7\n");
    Allow("0-7");
    Memory(std::uint64_t{16} << 30, std::uint64_t{12} << 30);
    Write("proc/self/cgroup", "0::/\n");
  }

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  void Allow(const std::string& cpus) {
    Write("proc/self/status",
          "Name:\tbenchkeep\nCpus_allowed:\tff\n"
          "Cpus_allowed_list:\t" +
              cpus + "\n");
  }

  void Memory(std::uint64_t total, std::uint64_t available) {
    Write("proc/meminfo",
          fmt::format("MemTotal:       {} kB\nMemFree:  9 kB\nMemAvailable:   "
                      "{} kB\nSwapTotal:  2048 kB\nSwapFree:  1024 kB\n",
                      total / 1024, available / 1024));
  }

  void Pressure(double some, double full) {
    Write("proc/pressure/memory",
          fmt::format("some avg10=0.10 avg60=0.20 avg300={:.2f} total=5\n"
                      "full avg10=0.00 avg60=0.10 avg300={:.2f} total=3\n",
                      some, full));
  }

  // Below the root: "sys/fs/cgroup/jobs/cpu.max".
  void Write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  [[nodiscard]] std::string Read(const std::string& file) const {
    std::ifstream in(root_ / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path root_;
};

}  // namespace benchkeep::host
