# common/diffs.cmake - targets diff-02, diff-06-edge and so on: what a server
# changes in its neighbour. CMake includes this file; each target runs it as a
# script, because diff(1) ends with 1 when there are differences, and here that
# is no failure.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND ${DIFF} -d -u ${OLD} ${NEW} RESULT_VARIABLE result)
  if(NOT result MATCHES "^[01]$")
    message(FATAL_ERROR "diff: ${result}")
  endif()
  return()
endif()

find_program(SEVEN_DIFF diff)

# Sources are compared, so a system that cannot build the server shows it too.
get_property(servers GLOBAL PROPERTY SEVEN_SERVERS)
foreach(server IN LISTS servers)
  seven_get(${server} AFTER after)
  if(SEVEN_DIFF AND after)
    seven_get(${after} SOURCE old)
    seven_get(${server} SOURCE new)
    # 06-epoll: diff-06; 06-epoll/edge: diff-06-edge
    string(REGEX REPLACE "^([0-9]+)[^/]*/?" "diff-\\1-" target ${server})
    string(REGEX REPLACE "-$" "" target ${target})
    add_custom_target(${target}
      COMMAND ${CMAKE_COMMAND} -DDIFF=${SEVEN_DIFF} -DOLD=${old} -DNEW=${new}
              -P ${PROJECT_SOURCE_DIR}/common/diffs.cmake
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      VERBATIM)
  endif()
endforeach()
