# -DBENCHKEEP_SANITIZE=address,undefined or =thread; empty for none.

set(BENCHKEEP_SANITIZE "" CACHE STRING "sanitizers, separated by commas")
add_library(benchkeep_sanitizers INTERFACE)
if(BENCHKEEP_SANITIZE)
  target_compile_options(
    benchkeep_sanitizers
    INTERFACE -fsanitize=${BENCHKEEP_SANITIZE} -fno-omit-frame-pointer
              -fno-sanitize-recover=all)
  target_link_options(benchkeep_sanitizers INTERFACE
                      -fsanitize=${BENCHKEEP_SANITIZE})
endif()
