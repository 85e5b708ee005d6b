# Warnings, and warnings as errors, for our own code.  GCC 12 sees overlaps in
# plain std::string concatenation that are not there (its bug 105651).

add_library(benchkeep_warnings INTERFACE)
target_compile_options(
  benchkeep_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                               -Wold-style-cast -Woverloaded-virtual -Werror
                               $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
