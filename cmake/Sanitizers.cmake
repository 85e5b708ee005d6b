# -DBENCHKEEP_SANITIZE=address,undefined or =thread; empty for none.

# The build type Sanitize is quick to compile, and its reports have lines.
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -gline-tables-only")
if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1")
endif()

set(BENCHKEEP_SANITIZE "" CACHE STRING "sanitizers, separated by commas")
add_library(benchkeep_sanitizers INTERFACE)
if(BENCHKEEP_SANITIZE)
  target_compile_options(
    benchkeep_sanitizers
    INTERFACE -fsanitize=${BENCHKEEP_SANITIZE} -fno-omit-frame-pointer
              -fno-sanitize-recover=all)
  target_link_options(benchkeep_sanitizers INTERFACE
                      -fsanitize=${BENCHKEEP_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    # The old spelling of -fsanitize-ignorelist: ccache knows that it names a
    # file.
    target_compile_options(
      benchkeep_sanitizers
      INTERFACE -fsanitize-blacklist=${CMAKE_CURRENT_LIST_DIR}/sanitizer_ignore.txt)
  endif()
endif()
