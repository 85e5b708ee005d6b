// How much of a file the kernel keeps in memory, and letting it go.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace benchkeep::host {

// Bytes of the file that are in the page cache, by cachestat(2) or mincore(2).
// Nullopt where neither tells: the kernel says so only of files that we own or
// may write.
std::optional<std::uint64_t> CachedBytes(const std::filesystem::path& file);

// Lets go what is in the page cache and on the disk as well; nothing is
// written, and what is mapped or dirty stays.  False when that cannot be.
bool DropCached(const std::filesystem::path& file);

}  // namespace benchkeep::host
