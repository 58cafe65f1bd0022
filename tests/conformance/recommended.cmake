# tests/conformance/recommended.cmake - runs the command that `suite --help` ends
# with, one of our servers in the place of CMD, and sees that the documents have
# it too.
#
# cmake -DSUITE=... -DSERVER=... -DNAME=... -DROOT=... -P recommended.cmake
execute_process(COMMAND ${SUITE} --help OUTPUT_VARIABLE help)
if(NOT help MATCHES "Begin with:\nsuite --server CMD --stage NAME ([^\n]+)\n$")
  message(FATAL_ERROR "suite --help does not end with a command:\n${help}")
endif()
set(rest ${CMAKE_MATCH_1})
foreach(page testing instructors)
  file(READ ${ROOT}/docs/${page}.md text)
  string(FIND "${text}" " ${rest}\n" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "docs/${page}.md does not recommend: ${rest}")
  endif()
endforeach()

separate_arguments(rest UNIX_COMMAND "${rest}")
execute_process(COMMAND ${SUITE} --server ${SERVER} --stage ${NAME} ${rest}
                RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "exit status ${result}")
endif()
