# Targets diff-02 ... diff-07: what a stage changes in the server of the stage
# before it. CMake includes this file; each target runs it as a script, because
# diff(1) ends with 1 when there are differences, and here that is no failure.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND ${DIFF} -d -u ${OLD}/server.c ${NEW}/server.c
                  RESULT_VARIABLE result)
  if(NOT result MATCHES "^[01]$")
    message(FATAL_ERROR "diff: ${result}")
  endif()
  return()
endif()

find_program(SEVEN_DIFF diff)

# stage_diff(NEW OLD); a stage that does not stand yet has no target.
function(stage_diff NEW OLD)
  string(SUBSTRING ${NEW} 0 2 number)
  if(SEVEN_DIFF AND EXISTS ${PROJECT_SOURCE_DIR}/${NEW}/server.c)
    add_custom_target(diff-${number}
      COMMAND ${CMAKE_COMMAND} -DDIFF=${SEVEN_DIFF} -DOLD=${OLD} -DNEW=${NEW}
              -P ${PROJECT_SOURCE_DIR}/common/diffs.cmake
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      VERBATIM)
  endif()
endfunction()

stage_diff(02-fork 01-blocking)
stage_diff(03-pthread 01-blocking)
stage_diff(04-select 03-pthread)
stage_diff(05-poll 04-select)
stage_diff(06-epoll 05-poll)
stage_diff(07-framing 06-epoll)
