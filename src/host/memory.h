// How much memory and how many processors this process may use, how much it
// has, and giving it back.

#pragma once

#include <cstdint>

namespace benchkeep::host {

// Bytes: the smallest of the machine's memory and the limits of the control
// groups (version 1 and 2) that the process is in.
std::uint64_t AllowedMemoryBytes();

// Processors the process may run on, at least 1.
int AllowedProcessors();

struct OwnMemory {
  std::uint64_t resident_bytes = 0;
  std::uint64_t free_heap_bytes = 0;  // Held by the allocator, used by nobody.
};
OwnMemory OwnMemoryNow();

// Gives free heap back to the system; OwnMemoryNow() tells what came of it.
void TrimHeap();

}  // namespace benchkeep::host
