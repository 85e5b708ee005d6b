// What the kernel allows this process, as far as we may change it.

#pragma once

#include <cstddef>

namespace benchkeep::host {

// Lets this process have more files open, but no more than `wanted`; returns
// how many it may have then.  Programs that it starts inherit that.
std::size_t AllowOpenFiles(std::size_t wanted);

// Lets this thread go before others where we may: it has little to do, but at
// once.
void HurryThisThread();

}  // namespace benchkeep::host
