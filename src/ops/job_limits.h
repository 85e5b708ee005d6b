// How much of the machine a job may use.

#pragma once

#include <cstdint>

#include "host/memory.h"
#include "store/parquet_results.h"

namespace benchkeep::ops {

// `memory_bytes` as the user or the settings want it; 0: a quarter of what the
// machine allows.  Never less than the engine can work with.
inline store::ResultsOptions LimitsFor(std::uint64_t memory_bytes) {
  constexpr std::uint64_t kShare = 4;
  constexpr std::uint64_t kLeast = std::uint64_t{128} << 20;
  if (memory_bytes == 0) memory_bytes = host::AllowedMemoryBytes() / kShare;
  return {.memory_bytes = memory_bytes < kLeast ? kLeast : memory_bytes,
          .threads = host::AllowedProcessors()};
}

}  // namespace benchkeep::ops
