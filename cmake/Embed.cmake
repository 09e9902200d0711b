# gaggle_embed(<target> NAMESPACE <ns> NAME <name> FILES <file>...)
#
# Compiles the files (relative to the top folder, or absolute) into <target> as <ns>::<name>(): a std::span of
# EmbeddedFile{name, text}, in the order given; `name` is the file's name. Declared in core/embedded.hpp's terms: write in a header of the target
#     namespace <ns> { std::span<const gaggle::EmbeddedFile> <name>(); }
function(gaggle_embed target)
  cmake_parse_arguments(arg "" "NAMESPACE;NAME" "FILES" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${arg_NAME}.cpp)
  set(files "")
  foreach(file IN LISTS arg_FILES)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
    list(APPEND files ${file})
  endforeach()
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUT=${source} -DNAMESPACE=${arg_NAMESPACE} -DNAME=${arg_NAME} "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    VERBATIM)
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)  # all of them use the same names
  target_sources(${target} PRIVATE ${source})
endfunction()
