# Compiles po/*.po to <build>/locale/<lang>/LC_MESSAGES/benchkeep.mo.

find_program(MSGFMT msgfmt REQUIRED)
file(GLOB po_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/po/*.po)
set(mo_files)
foreach(po IN LISTS po_files)
  get_filename_component(lang ${po} NAME_WE)
  set(folder ${CMAKE_BINARY_DIR}/locale/${lang}/LC_MESSAGES)
  set(mo ${folder}/benchkeep.mo)
  add_custom_command(
    OUTPUT ${mo}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${MSGFMT} --check-format -o ${mo} ${po}
    DEPENDS ${po}
    VERBATIM)
  list(APPEND mo_files ${mo})
endforeach()
add_custom_target(translations DEPENDS ${mo_files})
