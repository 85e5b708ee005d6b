// Memory and processors, from /proc, /sys/fs/cgroup and sched_getaffinity(2).

#include "host/memory.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace benchkeep::host {
namespace {

std::optional<std::uint64_t> NumberIn(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  if (in >> value) return value;
  return std::nullopt;  // Missing, or "max".
}

// The limits of the group and of all groups above it.
void Narrow(std::filesystem::path group, const std::filesystem::path& top,
            const char* file, std::uint64_t& limit) {
  while (true) {
    if (const auto value = NumberIn(group / file)) {
      limit = std::min(limit, *value);
    }
    if (group == top || !group.has_relative_path()) return;
    group = group.parent_path();
  }
}

}  // namespace

std::uint64_t AllowedMemoryBytes() {
  std::uint64_t limit = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
  const std::filesystem::path top = "/sys/fs/cgroup";
  std::ifstream groups("/proc/self/cgroup");
  // Lines are "0::/path" (version 2) or "4:memory:/path" (version 1).
  for (std::string line; std::getline(groups, line);) {
    const auto colon = line.rfind(':');
    if (colon == std::string::npos) continue;
    const std::string path = line.substr(colon + 1);
    if (line.starts_with("0::")) {
      Narrow(top.string() + path, top, "memory.max", limit);
    } else if (line.find(":memory:") != std::string::npos) {
      const std::filesystem::path memory = top / "memory";
      Narrow(memory.string() + path, memory, "memory.limit_in_bytes", limit);
    }
  }
  return limit;
}

int AllowedProcessors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace benchkeep::host
