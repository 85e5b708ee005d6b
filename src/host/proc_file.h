// Files of /proc and /sys as text.

#pragma once

#include <filesystem>
#include <string>

namespace benchkeep::host {

// All of it; empty when it cannot be read to its end.  A process may end at any
// time, also after its file was opened: reading fails with ESRCH then
// (proc(5)).
std::string ReadProcFile(const std::filesystem::path& file);

}  // namespace benchkeep::host
