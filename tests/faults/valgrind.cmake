# A handful of cases with the server under valgrind, for one stage of each kind
# of model: no leak, no invalid access, no error in a child or a thread. That no
# descriptor is left is what these cases look for themselves.
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

function(valgrind_test STAGE CASE)
  if(NOT TARGET ${STAGE}-server)
    return() # 06 on a system without epoll
  endif()
  set(name ${STAGE}.${CASE}.valgrind)
  if(no_valgrind)
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo
             "skipped: ${no_valgrind}")
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: ")
  else()
    add_test(NAME ${name} COMMAND suite
             --server $<TARGET_FILE:${STAGE}-server> --stage ${STAGE} ${CASE})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
      "TEST_WRAPPER=${valgrind_wrapper}")
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS "valgrind;${STAGE}" TIMEOUT 180)
endfunction()

foreach(stage 02-fork 03-pthread 06-epoll)
  foreach(case clients-leave-nothing reset-while-owed stop-with-several
          half-close-in-the-middle farewells-do-not-mix)
    valgrind_test(${stage} ${case})
  endforeach()
endforeach()
# A process each would take too long.
foreach(stage 03-pthread 06-epoll)
  valgrind_test(${stage} everything-in-one-batch)
endforeach()
