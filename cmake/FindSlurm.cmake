# Finds libslurm, for which no distribution ships a .pc or CMake file.
#   Slurm::slurm      the library
#   Slurm_VERSION     of the headers, e.g. 22.05.8
# SLURM_ROOT or CMAKE_PREFIX_PATH point to an installation elsewhere.
find_path(Slurm_INCLUDE_DIR slurm/slurm.h)
find_library(Slurm_LIBRARY slurm PATH_SUFFIXES slurm slurm-wlm)
if(Slurm_INCLUDE_DIR)
  # Since 22.05 in slurm_version.h, before in slurm.h.
  foreach(header slurm_version.h slurm.h)
    if(EXISTS ${Slurm_INCLUDE_DIR}/slurm/${header} AND NOT Slurm_VERSION)
      file(STRINGS ${Slurm_INCLUDE_DIR}/slurm/${header} line REGEX "define[ \t]+SLURM_VERSION_NUMBER[ \t]+0x")
      if(line MATCHES "0x([0-9a-fA-F][0-9a-fA-F])([0-9a-fA-F][0-9a-fA-F])([0-9a-fA-F][0-9a-fA-F])")
        math(EXPR major "0x${CMAKE_MATCH_1}")
        math(EXPR minor "0x${CMAKE_MATCH_2}")
        math(EXPR micro "0x${CMAKE_MATCH_3}")
        set(Slurm_VERSION "${major}.${minor}.${micro}")
      endif()
    endif()
  endforeach()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Slurm REQUIRED_VARS Slurm_LIBRARY Slurm_INCLUDE_DIR VERSION_VAR Slurm_VERSION)
if(Slurm_FOUND AND NOT TARGET Slurm::slurm)
  add_library(Slurm::slurm UNKNOWN IMPORTED)
  set_target_properties(Slurm::slurm PROPERTIES IMPORTED_LOCATION ${Slurm_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Slurm_INCLUDE_DIR})
endif()
mark_as_advanced(Slurm_INCLUDE_DIR Slurm_LIBRARY)
