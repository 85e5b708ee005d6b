// Memory for a lot of data at once: in large pages where the system has them,
// which saves most of the page faults and of the address translation.
//
// Meant as the upstream of an arena (std::pmr::monotonic_buffer_resource), not
// for small things.  Thread-safe.
// Source: mmap(2), madvise(2) with MADV_HUGEPAGE.

#pragma once

#include <cstddef>
#include <memory_resource>

namespace benchkeep::store {

class LargeMemory : public std::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* memory, std::size_t bytes,
                     std::size_t alignment) override;
  [[nodiscard]] bool do_is_equal(
      const std::pmr::memory_resource& other) const noexcept override;
};

}  // namespace benchkeep::store
