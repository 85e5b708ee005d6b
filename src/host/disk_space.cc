// statvfs(3).

#include "host/disk_space.h"

#include <sys/statvfs.h>

namespace benchkeep::host {
namespace {

constexpr double kHundred = 100;

double Percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0
                    : kHundred * static_cast<double>(part) /
                          static_cast<double>(whole);
}

}  // namespace

double DiskSpace::UsedPercent() const {
  return Percent(used_bytes, used_bytes + free_bytes);
}

double DiskSpace::UsedInodesPercent() const {
  return Percent(total_inodes - free_inodes, total_inodes);
}

std::optional<DiskSpace> DiskSpaceOf(const std::filesystem::path& path) {
  struct statvfs st {};
  if (::statvfs(path.c_str(), &st) != 0) return std::nullopt;
  const std::uint64_t unit = st.f_frsize;
  return DiskSpace{.total_bytes = st.f_blocks * unit,
                   .free_bytes = st.f_bavail * unit,
                   .used_bytes = (st.f_blocks - st.f_bfree) * unit,
                   .total_inodes = st.f_files,
                   .free_inodes = st.f_favail};
}

}  // namespace benchkeep::host
