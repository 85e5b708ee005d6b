// Memory in large pages.

#include "store/large_memory.h"

#include <sys/mman.h>

#include <new>

namespace benchkeep::store {

void* LargeMemory::do_allocate(std::size_t bytes, std::size_t /*alignment*/) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // A wish: without it, it is memory all the same.
  ::madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void LargeMemory::do_deallocate(void* memory, std::size_t bytes,
                                std::size_t /*alignment*/) {
  ::munmap(memory, bytes);
}

bool LargeMemory::do_is_equal(
    const std::pmr::memory_resource& other) const noexcept {
  return dynamic_cast<const LargeMemory*>(&other) != nullptr;
}

}  // namespace benchkeep::store
