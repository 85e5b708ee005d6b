# Finds the DuckDB shared library and its C header.
#
# DUCKDB_ROOT (environment or cache) names a folder with lib/libduckdb.so and
# include/duckdb.h; tools/setup fills the default one, outside of git.

if(NOT DUCKDB_ROOT)
  if(DEFINED ENV{DUCKDB_ROOT})
    set(DUCKDB_ROOT "$ENV{DUCKDB_ROOT}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(DUCKDB_ROOT "$ENV{XDG_CACHE_HOME}/benchkeep/duckdb")
  else()
    set(DUCKDB_ROOT "$ENV{HOME}/.cache/benchkeep/duckdb")
  endif()
endif()

find_library(DUCKDB_LIBRARY duckdb PATHS "${DUCKDB_ROOT}/lib" "${DUCKDB_ROOT}"
             NO_DEFAULT_PATH)
find_path(DUCKDB_INCLUDE duckdb.h PATHS "${DUCKDB_ROOT}/include" "${DUCKDB_ROOT}"
          NO_DEFAULT_PATH)
if(NOT DUCKDB_LIBRARY OR NOT DUCKDB_INCLUDE)
  message(FATAL_ERROR "no DuckDB under '${DUCKDB_ROOT}': run tools/setup, or "
                      "set DUCKDB_ROOT to a folder with lib/ and include/")
endif()

add_library(duckdb SHARED IMPORTED)
set_target_properties(
  duckdb PROPERTIES IMPORTED_LOCATION "${DUCKDB_LIBRARY}"
                    INTERFACE_INCLUDE_DIRECTORIES "${DUCKDB_INCLUDE}")

# The header may be older than the library, since the C interface only grows: a
# small program shows that the two work together.
if(NOT BENCHKEEP_DUCKDB_WORKS STREQUAL "${DUCKDB_LIBRARY}")
  try_run(
    duckdb_probe_ran duckdb_probe_built "${CMAKE_BINARY_DIR}/duckdb_probe"
    SOURCES "${CMAKE_SOURCE_DIR}/cmake/duckdb_probe.cc"
    LINK_LIBRARIES "${DUCKDB_LIBRARY}"
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${DUCKDB_INCLUDE}"
    RUN_OUTPUT_VARIABLE duckdb_probe_output)
  if(NOT duckdb_probe_built OR NOT duckdb_probe_ran EQUAL 0)
    message(FATAL_ERROR "the DuckDB library ${DUCKDB_LIBRARY} does not work "
                        "with ${DUCKDB_INCLUDE}/duckdb.h: ${duckdb_probe_output}")
  endif()
  set(BENCHKEEP_DUCKDB_WORKS "${DUCKDB_LIBRARY}" CACHE INTERNAL "")
endif()

# Puts a copy of the library beside `target`.
function(benchkeep_copy_duckdb target)
  add_custom_command(
    TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy_if_different "${DUCKDB_LIBRARY}"
            "$<TARGET_FILE_DIR:${target}>")
endfunction()
