# Warnings, and warnings as errors, for our own code.

add_library(benchkeep_warnings INTERFACE)
target_compile_options(
  benchkeep_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                               -Wold-style-cast -Woverloaded-virtual -Werror)
