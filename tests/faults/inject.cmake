# tests/faults/inject.cmake - the library that lets system calls fail,
# build/tests/faults/libinject.so, and the cases that use it. It is not sanitized
# itself: it stands in front of the sanitizer's own replacements of the same
# calls.
#
# In a sanitized build it works where the sanitizer is a shared library that
# the server was linked with (gcc's; see tests/harness/programs.c). With
# clang's, which is part of the server, there is no target, and the cases are
# skipped.
if(NOT SEVEN_SANITIZE OR CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_library(inject MODULE inject.c)
  target_compile_definitions(inject PRIVATE _GNU_SOURCE)
  target_link_libraries(inject PRIVATE ${CMAKE_DL_LIBS})
  if(SEVEN_SANITIZE)
    target_compile_options(inject PRIVATE -fno-sanitize=all)
    target_link_options(inject PRIVATE -fno-sanitize=all)
  endif()
endif()

target_sources(suite PRIVATE
  inject_rules.c inject_server.c inject_start.c inject_client.c
  soak.c soak_traffic.c)

# All of it for SOAK_SECONDS with other seeds (soak.cmake). Build first.
add_custom_target(soak
  COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR}
          -DCTEST=${CMAKE_CTEST_COMMAND}
          -P ${CMAKE_CURRENT_LIST_DIR}/soak.cmake
  USES_TERMINAL VERBATIM)
