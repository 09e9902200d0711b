# Run by CPack on each tree that it is about to pack: what Debian's policy wants otherwise than others.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
file(REMOVE ${share}/doc/gaggle/LICENSE)
file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/copyright ${share}/doc/gaggle/copyright)
file(RENAME ${share}/doc/gaggle/CHANGELOG.md ${share}/doc/gaggle/changelog)
file(REMOVE_RECURSE ${share}/gaggle/modulefiles)  # of a prefix that everybody has in PATH
file(GLOB compressed ${share}/man/*/* ${share}/doc/gaggle/changelog)
execute_process(COMMAND gzip -9n ${compressed} COMMAND_ERROR_IS_FATAL ANY)
