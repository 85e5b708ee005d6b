// SHA-256 of files, as lowercase hex.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "fs/file_system.h"

namespace benchkeep::fs {

Result<std::string> Sha256OfFile(FileSystem& file_system, const Path& path);
std::string Sha256Of(std::string_view bytes);

// The same of an open descriptor, from its first byte; its position is kept.
Result<std::string> Sha256OfFd(int fd, const Path& path);

}  // namespace benchkeep::fs
