# tests/faults/valgrind.cmake - a handful of cases with the server under
# valgrind, for one of each kind of model (the trait valgrind): no leak, no
# invalid access, no error in a child or a thread. That no descriptor is left is
# what these cases look for themselves.
find_program(VALGRIND valgrind)
if(NOT VALGRIND)
  set(no_valgrind "no valgrind here")
elseif(SEVEN_SANITIZE)
  set(no_valgrind "a sanitizer and valgrind do not go together")
endif()

# A detached thread that is still ending when the process ends has its stack
# "possibly" lost; lost for certain is what counts.
set(valgrind_wrapper "valgrind -q --error-exitcode=99 --leak-check=full \
--show-leak-kinds=definite --errors-for-leak-kinds=definite")

function(valgrind_test SERVER CASE)
  set(name ${SERVER}.${CASE}.valgrind)
  if(no_valgrind)
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo
             "skipped: ${no_valgrind}")
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: ")
  else()
    seven_get(${SERVER} TARGET target)
    add_test(NAME ${name} COMMAND suite
             --server $<TARGET_FILE:${target}> --stage ${SERVER} ${CASE})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
      "TEST_WRAPPER=${valgrind_wrapper}")
  endif()
  string(REPLACE "/" ";" labels ${SERVER})
  set_tests_properties(${name} PROPERTIES
    LABELS "valgrind;${labels}" TIMEOUT 300)
endfunction()

seven_servers(servers valgrind)
foreach(server IN LISTS servers)
  foreach(case clients-leave-nothing reset-while-owed stop-with-several
          half-close-in-the-middle farewells-do-not-mix)
    valgrind_test(${server} ${case})
  endforeach()
  seven_get(${server} TRAITS traits)
  if(NOT "process-each" IN_LIST traits) # so many processes would take too long
    valgrind_test(${server} everything-in-one-batch)
  endif()
endforeach()
