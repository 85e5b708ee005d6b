// Memory and processors of this process.

#include "host/memory.h"

#include <malloc.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "host/machine.h"

namespace benchkeep::host {

std::uint64_t AllowedMemoryBytes() {
  std::uint64_t limit = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
  if (const auto memory = Machine().Memory()) {
    for (const GroupMemory& group : memory->groups) {
      limit = std::min(limit, group.limit_bytes);
    }
  }
  return limit;
}

int AllowedProcessors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

OwnMemory OwnMemoryNow() {
  OwnMemory own;
  std::ifstream in("/proc/self/statm");
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  if (in >> all_pages >> resident_pages) {
    own.resident_bytes =
        resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
  }
  own.free_heap_bytes = ::mallinfo2().fordblks;
  return own;
}

void TrimHeap() { ::malloc_trim(0); }

}  // namespace benchkeep::host
