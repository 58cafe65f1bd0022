# tests/faults/soak.cmake - cmake -DBUILD=... -DCTEST=... -P soak.cmake
#
# The cases of kind "soak" again and again, with another seed each time, and
# those of kind "inject" every tenth time, for SOAK_SECONDS (600). The first
# seed is the time, or SOAK_SEED. It ends at the first failure and says how
# to repeat it.
set(seconds 600)
if(DEFINED ENV{SOAK_SECONDS})
  set(seconds $ENV{SOAK_SECONDS})
endif()
string(TIMESTAMP start "%s")
set(seed ${start})
if(DEFINED ENV{SOAK_SEED})
  set(seed $ENV{SOAK_SEED})
endif()
math(EXPR end "${start} + ${seconds}")

set(rounds 0)
set(now ${start})
while(now LESS end)
  set(kinds "^soak$")
  math(EXPR tenth "${rounds} % 10")
  if(tenth EQUAL 0)
    set(kinds "^(soak|inject)$")
  endif()
  set(ENV{SOAK_SEED} ${seed})
  execute_process(
    COMMAND ${CTEST} --test-dir ${BUILD} -L ${kinds} -j 4
            --output-on-failure --no-tests=error
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    string(REGEX REPLACE "[^\n]*( Passed | Start )[^\n]*\n" "" output "${output}")
    message("${output}")
    message(FATAL_ERROR "failed with seed ${seed}; to repeat it:\n"
      "  SOAK_SEED=${seed} ctest --test-dir ${BUILD} -L '${kinds}' -j 4 "
      "--output-on-failure")
  endif()
  string(REGEX MATCH "out of ([0-9]+)" tests "${output}")
  string(TIMESTAMP now "%s")
  math(EXPR passed "${now} - ${start}")
  message("seed ${seed}: ${CMAKE_MATCH_1} tests passed (after ${passed} s)")
  math(EXPR seed "${seed} + 1")
  math(EXPR rounds "${rounds} + 1")
endwhile()
message("${rounds} rounds in ${passed} s, none failed")
