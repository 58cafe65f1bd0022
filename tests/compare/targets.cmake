# tests/compare/targets.cmake - the targets compare, compare-full and demo, which
# the presets of these names build. Included by the root: Ninja names a target of
# a folder as FOLDER/TARGET, and tests/compare/compare is the program.
add_custom_target(demo COMMAND demo-program USES_TERMINAL VERBATIM)

# What came out is shown also when an experiment failed.
foreach(kind compare compare-full)
  set(full "")
  if(kind STREQUAL "compare-full")
    set(full COMPARE_FULL=1)
  endif()
  add_custom_target(${kind}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${PROJECT_BINARY_DIR}/compare
    COMMAND ${CMAKE_COMMAND} -E env COMPARE_PROGRESS=1 ${full}
      ${CMAKE_CTEST_COMMAND} --test-dir ${PROJECT_BINARY_DIR} -L compare
      --output-on-failure || ${CMAKE_COMMAND} -E true
    COMMAND compare-program --table
    DEPENDS compare-program cases-compare
    USES_TERMINAL VERBATIM)
endforeach()
