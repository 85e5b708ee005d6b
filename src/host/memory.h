// How much memory and how many processors this process may use.

#pragma once

#include <cstdint>

namespace benchkeep::host {

// Bytes: the smallest of the machine's memory and the limits of the control
// groups (version 1 and 2) that the process is in.
std::uint64_t AllowedMemoryBytes();

// Processors the process may run on, at least 1.
int AllowedProcessors();

}  // namespace benchkeep::host
