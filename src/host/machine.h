// What this machine and its control groups let a process use, and how short of
// memory it is.
//
// Everything is read below a root folder ("/"); tests bring a machine of their
// own.  Control groups of version 1, of version 2 and of both at once are found
// by the mounts of the machine.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace benchkeep::host {

struct CpuAllowance {
  int online = 1;    // Processors of the machine.
  int affinity = 1;  // Of them, those that we may run on.
  // What the control groups allow in processors (0.5: half the time of one),
  // and the group that says so; none: no quota.
  std::optional<double> quota;
  std::string quota_group;
};

// A control group with a limit: ours, or one above it.
struct GroupMemory {
  std::string name;  // As in /proc/PID/cgroup: "/jobs/nightly".
  std::uint64_t limit_bytes = 0;
  // Without the page cache that nobody has used lately: the kernel takes that
  // back before anybody feels it.
  std::uint64_t used_bytes = 0;

  [[nodiscard]] std::uint64_t available_bytes() const {
    return limit_bytes > used_bytes ? limit_bytes - used_bytes : 0;
  }
};

struct MemoryState {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;  // Page cache counts as available.
  std::uint64_t swap_total_bytes = 0;
  std::uint64_t swap_free_bytes = 0;
  // With a limit below `total_bytes`, ours first.
  std::vector<GroupMemory> groups;

  // Of the machine or the tightest group, in percent.
  [[nodiscard]] double FreePercent() const;
  [[nodiscard]] std::uint64_t LeastAvailable() const;
};

// Pressure stall information (PSI): the share of time, in percent, in which
// some or all tasks waited.
struct StallShares {
  double avg10 = 0;
  double avg60 = 0;
  double avg300 = 0;
};
struct Pressure {
  StallShares some;
  StallShares full;
};

class Machine {
 public:
  explicit Machine(std::filesystem::path root = "/");

  [[nodiscard]] CpuAllowance Cpus() const;

  // Nullopt when the machine does not say.
  [[nodiscard]] std::optional<MemoryState> Memory() const;

  // `what` is "memory", "cpu" or "io".  Nullopt where the kernel keeps none.
  [[nodiscard]] std::optional<Pressure> PressureOf(
      const std::string& what) const;

  // The group of the process among those of Memory(): "/jobs/nightly".  Empty
  // when it has ended.
  [[nodiscard]] std::string MemoryGroupOf(int pid) const;

  // Our own group of version 2, where its memory can be asked back.
  struct Reclaim {
    std::filesystem::path group;       // The folder.
    std::uint64_t current_bytes = 0;   // All its memory.
    std::uint64_t inactive_bytes = 0;  // Page cache that nobody used lately.
  };
  // Nullopt without one, for the topmost, and where we may not.
  [[nodiscard]] std::optional<Reclaim> Reclaimable() const;
  // Asks for so many bytes of page cache, never for memory that would have to
  // be swapped.  False when the kernel refuses.
  static bool AskBack(const Reclaim& from, std::uint64_t bytes);
  static std::uint64_t CurrentBytes(const Reclaim& from);

  [[nodiscard]] std::filesystem::path proc() const { return root_ / "proc"; }

 private:
  struct Group {
    std::filesystem::path folder;
    std::string name;
  };
  struct Chain {
    int version = 2;
    std::vector<Group> groups;  // Ours first, then those above it.
  };
  [[nodiscard]] std::vector<Chain> ChainsOf(
      const std::string& controller) const;
  [[nodiscard]] std::filesystem::path MountOf(const std::string& controller,
                                              int version,
                                              std::string& mounted) const;

  std::filesystem::path root_;
};

// "0-3,8" is 0, 1, 2, 3 and 8; empty when it is no such list.
std::vector<int> CpuList(const std::string& text);

}  // namespace benchkeep::host
