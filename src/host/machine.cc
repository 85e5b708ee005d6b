// Limits of the machine, from /proc and /sys.

#include "host/machine.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>

#include "host/proc_file.h"

namespace benchkeep::host {
namespace {

namespace files = std::filesystem;

constexpr double kPercent = 100;
constexpr std::uint64_t kKiB = 1024;

std::optional<std::uint64_t> NumberIn(const files::path& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  if (in >> value) return value;
  return std::nullopt;  // Missing, or "max".
}

// The number behind `key` at the beginning of a line.
std::optional<std::uint64_t> NumberAfter(const std::string& text,
                                         std::string_view key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t digit = line.find_first_of("0123456789", key.size());
    if (digit == std::string::npos) return std::nullopt;
    std::uint64_t value = 0;
    std::from_chars(line.data() + digit, line.data() + line.size(), value);
    return value;
  }
  return std::nullopt;
}

bool HasWord(const std::string& list, const std::string& word) {
  std::istringstream words(list);
  for (std::string each; std::getline(words, each, ',');) {
    if (each == word) return true;
  }
  return false;
}

// One line of /proc/PID/cgroup.
struct Membership {
  int version = 2;
  std::string path;
};

// In which groups of `controller` a process is: version 1 and 2 may both be.
std::vector<Membership> Memberships(const std::string& text,
                                    const std::string& controller) {
  std::vector<Membership> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second =
        first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    // Above the topmost group that we can see.
    if (path.find("/..") != std::string::npos) path = "/";
    if (controllers.empty()) {
      found.push_back({2, std::move(path)});
    } else if (HasWord(controllers, controller)) {
      found.push_back({1, std::move(path)});
    }
  }
  return found;
}

std::optional<StallShares> SharesOf(const std::string& text,
                                    const std::string& kind) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kind + " ")) continue;
    const auto share = [&line](const std::string& key) {
      const std::size_t at = line.find(key);
      double value = 0;
      if (at != std::string::npos) {
        std::istringstream(line.substr(at + key.size())) >> value;
      }
      return value;
    };
    return StallShares{share("avg10="), share("avg60="), share("avg300=")};
  }
  return std::nullopt;
}

// Processors by the quota of one group.
std::optional<double> QuotaOf(const files::path& folder, int version) {
  double quota = 0;
  double period = 0;
  if (version == 2) {
    std::ifstream in(folder / "cpu.max");
    if (!(in >> quota >> period)) return std::nullopt;  // "max 100000"
  } else {
    std::ifstream quota_in(folder / "cpu.cfs_quota_us");
    std::ifstream period_in(folder / "cpu.cfs_period_us");
    if (!(quota_in >> quota) || !(period_in >> period)) return std::nullopt;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

// Nullopt: this group has no limit.
std::optional<GroupMemory> MemoryOf(const files::path& folder, int version) {
  const auto limit = NumberIn(
      folder / (version == 2 ? "memory.max" : "memory.limit_in_bytes"));
  // Above the high mark of version 2 everything slows down.
  const auto high =
      version == 2 ? NumberIn(folder / "memory.high") : std::nullopt;
  if (!limit && !high) return std::nullopt;
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  GroupMemory group;
  group.limit_bytes = std::min(limit.value_or(kNone), high.value_or(kNone));
  const std::uint64_t used =
      NumberIn(folder /
               (version == 2 ? "memory.current" : "memory.usage_in_bytes"))
          .value_or(0);
  const std::uint64_t idle =
      NumberAfter(ReadProcFile(folder / "memory.stat"),
                  version == 2 ? "inactive_file " : "total_inactive_file ")
          .value_or(0);
  group.used_bytes = used > idle ? used - idle : 0;
  return group;
}

}  // namespace

std::vector<int> CpuList(const std::string& text) {
  std::vector<int> cpus;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    constexpr int kMost = 1 << 16;
    int first = 0;
    int last = 0;
    char dash = '\0';
    std::istringstream range(part);
    if (!(range >> first)) return {};
    last = first;
    if (range >> dash && (dash != '-' || !(range >> last))) return {};
    if (first < 0 || last < first || last > kMost) return {};
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

double MemoryState::FreePercent() const {
  const auto percent = [](std::uint64_t free, std::uint64_t all) {
    return all == 0 ? kPercent
                    : static_cast<double>(free) / static_cast<double>(all) *
                          kPercent;
  };
  double least = percent(available_bytes, total_bytes);
  for (const GroupMemory& group : groups) {
    least =
        std::min(least, percent(group.available_bytes(), group.limit_bytes));
  }
  return least;
}

std::uint64_t MemoryState::LeastAvailable() const {
  std::uint64_t least = available_bytes;
  for (const GroupMemory& group : groups) {
    least = std::min(least, group.available_bytes());
  }
  return least;
}

Machine::Machine(files::path root) : root_(std::move(root)) {}

files::path Machine::MountOf(const std::string& controller, int version,
                             std::string& mounted) const {
  // Fields of a line of mountinfo (proc(5)); a " - " stands before the last
  // three.
  enum Field { kMountRoot = 3, kMountPoint = 4 };
  std::istringstream lines(ReadProcFile(proc() / "self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream head(line.substr(0, dash));
    std::istringstream tail(line.substr(dash + 3));
    const std::vector<std::string> fields{
        std::istream_iterator<std::string>(head), {}};
    std::string type;
    std::string source;
    std::string options;
    tail >> type >> source >> options;
    if (fields.size() <= kMountPoint) continue;
    const bool fits = version == 2
                          ? type == "cgroup2"
                          : type == "cgroup" && HasWord(options, controller);
    if (!fits) continue;
    mounted = fields[kMountRoot];
    return root_ / files::path(fields[kMountPoint]).relative_path();
  }
  mounted = "/";
  const files::path usual = root_ / "sys/fs/cgroup";
  return version == 2 ? usual : usual / controller;
}

std::vector<Machine::Chain> Machine::ChainsOf(
    const std::string& controller) const {
  std::vector<Chain> chains;
  for (const Membership& own :
       Memberships(ReadProcFile(proc() / "self/cgroup"), controller)) {
    std::string mounted;
    const files::path mount = MountOf(controller, own.version, mounted);
    // In a container the mount may begin in the middle of the hierarchy.
    files::path below = own.path;
    if (mounted != "/" && own.path.starts_with(mounted)) {
      below = own.path.substr(mounted.size());
    }
    below = below.relative_path();
    files::path name = own.path;
    Chain chain{own.version, {}};
    while (true) {
      chain.groups.push_back({mount / below, name.string()});
      if (below.empty()) break;
      below = below.parent_path();
      name = name.parent_path();
    }
    chains.push_back(std::move(chain));
  }
  return chains;
}

CpuAllowance Machine::Cpus() const {
  CpuAllowance cpus;
  const std::vector<int> online =
      CpuList(ReadProcFile(root_ / "sys/devices/system/cpu/online"));
  cpus.online = std::max<int>(1, static_cast<int>(online.size()));
  cpus.affinity = cpus.online;
  // The same set as that of sched_getaffinity(2).
  constexpr std::string_view kAllowed = "Cpus_allowed_list:";
  std::istringstream lines(ReadProcFile(proc() / "self/status"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kAllowed)) continue;
    const std::vector<int> allowed = CpuList(line.substr(kAllowed.size()));
    const auto usable =
        std::count_if(allowed.begin(), allowed.end(), [&](int cpu) {
          return online.empty() ||
                 std::binary_search(online.begin(), online.end(), cpu);
        });
    cpus.affinity = std::max(1, static_cast<int>(usable));
  }
  for (const Chain& chain : ChainsOf("cpu")) {
    for (const Group& group : chain.groups) {
      const auto quota = QuotaOf(group.folder, chain.version);
      if (!quota || (cpus.quota && *cpus.quota <= *quota)) continue;
      cpus.quota = quota;
      cpus.quota_group = group.name;
    }
  }
  return cpus;
}

std::optional<MemoryState> Machine::Memory() const {
  const std::string text = ReadProcFile(proc() / "meminfo");
  const auto bytes = [&text](std::string_view key) {
    return NumberAfter(text, key).value_or(0) * kKiB;
  };
  MemoryState state;
  state.total_bytes = bytes("MemTotal:");
  if (state.total_bytes == 0) return std::nullopt;
  state.available_bytes = bytes("MemAvailable:");
  state.swap_total_bytes = bytes("SwapTotal:");
  state.swap_free_bytes = bytes("SwapFree:");
  for (const Chain& chain : ChainsOf("memory")) {
    for (const Group& group : chain.groups) {
      auto memory = MemoryOf(group.folder, chain.version);
      if (!memory || memory->limit_bytes >= state.total_bytes) continue;
      memory->name = group.name;
      state.groups.push_back(std::move(*memory));
    }
  }
  return state;
}

std::optional<Pressure> Machine::PressureOf(const std::string& what) const {
  const std::string text = ReadProcFile(proc() / "pressure" / what);
  const auto some = SharesOf(text, "some");
  if (!some) return std::nullopt;
  return Pressure{*some, SharesOf(text, "full").value_or(StallShares())};
}

std::string Machine::MemoryGroupOf(int pid) const {
  const std::vector<Membership> groups = Memberships(
      ReadProcFile(proc() / std::to_string(pid) / "cgroup"), "memory");
  // Where version 1 has the controller, version 2 has not.
  const auto one =
      std::find_if(groups.begin(), groups.end(),
                   [](const Membership& each) { return each.version == 1; });
  if (one != groups.end()) return one->path;
  return groups.empty() ? std::string() : groups.front().path;
}

std::optional<Machine::Reclaim> Machine::Reclaimable() const {
  for (const Chain& chain : ChainsOf("memory")) {
    if (chain.version != 2 || chain.groups.size() < 2) continue;
    const files::path& folder = chain.groups.front().folder;
    std::error_code error;
    if (!files::exists(folder / "memory.reclaim", error)) continue;
    if (!std::ofstream(folder / "memory.reclaim", std::ios::app)) continue;
    Reclaim reclaim;
    reclaim.group = folder;
    reclaim.current_bytes = CurrentBytes(reclaim);
    reclaim.inactive_bytes =
        NumberAfter(ReadProcFile(folder / "memory.stat"), "inactive_file ")
            .value_or(0);
    return reclaim;
  }
  return std::nullopt;
}

bool Machine::AskBack(const Reclaim& from, std::uint64_t bytes) {
  // Kernels that do not know the second word refuse all of it.
  std::ofstream file(from.group / "memory.reclaim");
  file << bytes << " swappiness=0" << std::flush;
  return static_cast<bool>(file);
}

std::uint64_t Machine::CurrentBytes(const Reclaim& from) {
  return NumberIn(from.group / "memory.current").value_or(0);
}

}  // namespace benchkeep::host
