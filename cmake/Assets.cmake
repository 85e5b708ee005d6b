# Builds files into the program: web/ and observe/, compressed.
#
# benchkeep_assets(TARGET FILE...) adds a source with all of them to TARGET; a
# file below the source folder keeps its path as its name, others are web/NAME.
# Run as a script (-P) it writes that source.

if(CMAKE_SCRIPT_MODE_FILE)
  # OUTPUT, FOLDER, ROOT and FILES come from the command line.
  set(code "// Made by cmake/Assets.cmake: the built-in files.\n\n")
  string(APPEND code "#include \"web/assets.h\"\n\n#include <array>\n\n")
  set(table "")
  set(index 0)
  string(REPLACE "|" ";" files "${FILES}")
  file(MAKE_DIRECTORY "${FOLDER}")
  foreach(file IN LISTS files)
    cmake_path(IS_PREFIX ROOT "${file}" inside)
    if(inside)
      file(RELATIVE_PATH name "${ROOT}" "${file}")
    else()
      get_filename_component(name "${file}" NAME)
      set(name "web/${name}")
    endif()
    file(SHA256 "${file}" hash)
    string(SUBSTRING "${hash}" 0 16 hash)
    set(packed "${FOLDER}/${index}.gz")
    execute_process(COMMAND gzip -9 -n -c INPUT_FILE "${file}"
                    OUTPUT_FILE "${packed}" COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND code
      "asm(\".section .rodata\\n\"\n"
      "    \"benchkeep_asset_${index}:\\n\"\n"
      "    \".incbin \\\"${packed}\\\"\\n\"\n"
      "    \"benchkeep_asset_${index}_end:\\n\"\n"
      "    \".byte 0\\n.previous\\n\");\n"
      "extern const char benchkeep_asset_${index}[] asm(\"benchkeep_asset_${index}\");\n"
      "extern const char benchkeep_asset_${index}_end[] asm(\"benchkeep_asset_${index}_end\");\n")
    string(APPEND table
      "      {\"${name}\",\n"
      "       {benchkeep_asset_${index},\n"
      "        static_cast<std::size_t>(benchkeep_asset_${index}_end -\n"
      "                                 benchkeep_asset_${index})},\n"
      "       \"${hash}\"},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND code
    "\nnamespace benchkeep::web {\n\n"
    "std::span<const Asset> Assets() {\n"
    "  static const std::array<Asset, ${index}> assets = {{\n${table}  }};\n"
    "  return assets;\n}\n\n}  // namespace benchkeep::web\n")
  file(WRITE "${OUTPUT}" "${code}")
  return()
endif()

function(benchkeep_assets target)
  set(output "${CMAKE_BINARY_DIR}/assets/assets_data.cc")
  string(REPLACE ";" "|" files "${ARGN}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND
      ${CMAKE_COMMAND} "-DOUTPUT=${output}" "-DFOLDER=${CMAKE_BINARY_DIR}/assets"
      "-DROOT=${CMAKE_SOURCE_DIR}" "-DFILES=${files}" -P
      "${CMAKE_SOURCE_DIR}/cmake/Assets.cmake"
    DEPENDS ${ARGN} "${CMAKE_SOURCE_DIR}/cmake/Assets.cmake"
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# The charts' library, bundled by tools/setup outside of git.
if(NOT BENCHKEEP_WEB_CACHE)
  if(DEFINED ENV{XDG_CACHE_HOME})
    set(BENCHKEEP_WEB_CACHE "$ENV{XDG_CACHE_HOME}/benchkeep/web")
  else()
    set(BENCHKEEP_WEB_CACHE "$ENV{HOME}/.cache/benchkeep/web")
  endif()
endif()
find_file(BENCHKEEP_ECHARTS echarts.js PATHS "${BENCHKEEP_WEB_CACHE}"
          NO_DEFAULT_PATH)
if(NOT BENCHKEEP_ECHARTS)
  message(FATAL_ERROR "no echarts.js under '${BENCHKEEP_WEB_CACHE}': run "
                      "tools/setup")
endif()
