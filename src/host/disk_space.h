// How full a file system is.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace benchkeep::host {

struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // For anybody but root.
  std::uint64_t used_bytes = 0;
  std::uint64_t total_inodes = 0;  // 0 where there is no such limit.
  std::uint64_t free_inodes = 0;

  // As df(1) shows it: of what may be used at all.
  [[nodiscard]] double UsedPercent() const;
  [[nodiscard]] double UsedInodesPercent() const;
};

// Nullopt when it cannot be told.
std::optional<DiskSpace> DiskSpaceOf(const std::filesystem::path& path);

}  // namespace benchkeep::host
