# tests/discover.cmake - asks a test program for its cases and writes an
# add_test() for each to OUT, which CTest includes. So a new case is one line in
# a C table.
#
# cmake -DPROGRAM=... -DARGS=... -DPREFIX=... -DLABELS=... -DMORE=... -DOUT=...
#       -P discover.cmake
#
# The program is run as PROGRAM ARGS --list and prints a case a line, "name kind
# seconds"; a case is run as PROGRAM ARGS name. The program keeps the limit of
# time itself and has much to say about it: CTest's own comes a little later.
# What prints "name  what it is about" gets its limit by MORE: further properties
# of each.
execute_process(COMMAND ${PROGRAM} ${ARGS} --list
                OUTPUT_VARIABLE lines RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --list failed: ${result}")
endif()

set(quoted "")
foreach(word IN LISTS PROGRAM ARGS)
  string(APPEND quoted " [==[${word}]==]")
endforeach()

set(text "# Written by tests/discover.cmake after each build.\n")
string(REGEX REPLACE "  [^\n]*" "" lines "${lines}")
string(REGEX REPLACE "\n$" "" lines "${lines}")
string(REPLACE "\n" ";" lines "${lines}")
foreach(line IN LISTS lines)
  string(REPLACE " " ";" words "${line}")
  list(LENGTH words count)
  list(GET words 0 name)
  set(labels ${LABELS})
  set(timeout 30)
  set(more "${MORE}")
  if(count GREATER 2)
    list(GET words 1 kind)
    list(GET words 2 timeout)
    list(APPEND labels ${kind})
    list(REMOVE_DUPLICATES labels)
    if(kind STREQUAL "load")
      set(more "RUN_SERIAL TRUE")
    elseif(kind STREQUAL "network")
      list(APPEND labels fault)
    endif()
  endif()
  math(EXPR timeout "${timeout} + 30")
  string(APPEND text
    "add_test([==[${PREFIX}.${name}]==]${quoted} [==[${name}]==])\n"
    "set_tests_properties([==[${PREFIX}.${name}]==] PROPERTIES\n"
    "  LABELS \"${labels}\" TIMEOUT ${timeout} SKIP_RETURN_CODE 77 ${more})\n")
endforeach()
file(WRITE ${OUT} "${text}")
