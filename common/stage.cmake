# common/stage.cmake - how a stage's CMakeLists.txt says what it holds.
#
#     seven_server(NAME SOURCE [SOURCE...] AFTER NAME PORT N LINES N [ADDS N]
#                  [CLIENTS N] [NEEDS HEADER] [LINKS LIBRARY...]
#                  [CLIENT NAME] TRAITS TRAIT...)
#     seven_server(STAGE/NAME SOURCE [SOURCE...] AFTER NAME ...)
#     seven_client(STAGE SOURCE... [NEEDS HEADER] [LINKS LIBRARY...])
#
# This is the one list: the tests, the comparison, the demo, the diffs and the
# pages take what they know of a server from here, and a new one is one line.
#
#   NAME     the stage's folder, 06-epoll: target 06-epoll-server, program
#            06-epoll/server in the build folder. A variant of the stage's
#            model is 06-epoll/edge: target 06-epoll-edge, program
#            06-epoll/edge; it has its stage's client. What it leaves out is
#            its neighbour's, but for 50 LINES more, and 85 that it ADDS.
#   SOURCE   in the folder of the CMakeLists.txt; the first is the one to read.
#   AFTER    the neighbour that it is read beside, and that `diff-06` or
#            `diff-06-edge` compares it with; left out by the first.
#   PORT     what it listens on by default.
#   LINES    the most that the first source may have.
#   ADDS     the most that its diff may add, functions apart that are another
#            server's to the byte; 0, or left out by a stage: no limit.
#   CLIENTS  how many a test may ask of it at most, whatever the descriptor
#            limit: a fixed pool, or FD_SETSIZE less some for the server itself.
#   NEEDS    a header without which a system cannot build it: the server then
#            stays in the list as absent, and its tests are skipped by name.
#   CLIENT   the program that talks to it, where that is not its stage's.
#   TRAITS   what a test or an experiment may expect of it. No test asks for a
#            stage's number. ../tests/harness/servers.h says what each means.
include_guard(GLOBAL)

if(NOT TARGET common)
  # The stage is built alone: cmake -S 04-select -B build
  include(${CMAKE_CURRENT_LIST_DIR}/settings.cmake)
  add_subdirectory(${CMAKE_CURRENT_LIST_DIR} ${CMAKE_BINARY_DIR}/common)
endif()

include(CheckIncludeFile)

# Sets `absent` in the caller's scope: why the system cannot build it, or "".
function(seven_absent HEADER)
  set(absent "" PARENT_SCOPE)
  if(HEADER)
    string(MAKE_C_IDENTIFIER "HAVE_${HEADER}" have)
    string(TOUPPER ${have} have)
    check_include_file(${HEADER} ${have})
    if(NOT ${have})
      set(absent "this system has no ${HEADER}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# seven_target(NAME KIND): the target's name, in `target`; KIND is what a name
# without a "/" stands for, server or client.
function(seven_target NAME KIND)
  if(NAME MATCHES "/")
    string(REPLACE "/" "-" target ${NAME})
  else()
    set(target ${NAME}-${KIND})
  endif()
  set(target ${target} PARENT_SCOPE)
endfunction()

function(seven_program NAME KIND)
  cmake_parse_arguments(PARSE_ARGV 2 is "" "NEEDS" "LINKS;SOURCES")
  seven_target(${NAME} ${KIND})
  seven_absent("${is_NEEDS}")
  set(target ${target} PARENT_SCOPE)
  set(absent "${absent}" PARENT_SCOPE)
  if(absent)
    return()
  endif()
  set(program ${KIND})
  if(NAME MATCHES "/(.+)$")
    set(program ${CMAKE_MATCH_1})
  endif()
  add_executable(${target} ${is_SOURCES})
  target_link_libraries(${target} PRIVATE common ${is_LINKS})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${program})
endfunction()

# What a variant does not say of itself, in the scope of seven_server().
macro(seven_variant)
  foreach(key PORT LINES CLIENTS NEEDS LINKS TRAITS)
    if(NOT DEFINED is_${key})
      seven_get(${is_AFTER} ${key} is_${key})
      if(key STREQUAL LINES)
        math(EXPR is_LINES "${is_LINES} + 50")
      endif()
    endif()
  endforeach()
  if(NOT DEFINED is_ADDS)
    set(is_ADDS 85)
  endif()
endmacro()

function(seven_server NAME)
  cmake_parse_arguments(PARSE_ARGV 1 is ""
    "AFTER;PORT;LINES;ADDS;CLIENTS;NEEDS;CLIENT" "LINKS;TRAITS")
  set(sources ${is_UNPARSED_ARGUMENTS})
  if(NAME MATCHES "/")
    seven_variant()
  endif()
  seven_program(${NAME} server NEEDS ${is_NEEDS} LINKS ${is_LINKS}
                SOURCES ${sources})
  if(absent)
    message(WARNING "${NAME} is left out: ${absent}")
  endif()
  list(GET sources 0 first)
  get_filename_component(is_SOURCE ${first} ABSOLUTE)
  file(RELATIVE_PATH is_SOURCE ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..
       ${is_SOURCE})
  string(REGEX REPLACE "/.*" "" is_STAGE ${NAME})
  set(is_TARGET ${target})
  if(NOT is_CLIENT)
    set(is_CLIENT ${is_STAGE})
  endif()
  seven_target(${is_CLIENT} client)
  set(is_CLIENT ${target})
  set(is_ABSENT ${absent})
  set_property(GLOBAL APPEND PROPERTY SEVEN_SERVERS ${NAME})
  foreach(key SOURCE STAGE TARGET CLIENT ABSENT AFTER PORT LINES ADDS
          CLIENTS NEEDS LINKS TRAITS)
    set_property(GLOBAL PROPERTY SEVEN_${NAME}_${key} "${is_${key}}")
  endforeach()
endfunction()

function(seven_client STAGE)
  cmake_parse_arguments(PARSE_ARGV 1 is "" "NEEDS" "LINKS")
  seven_program(${STAGE} client NEEDS ${is_NEEDS} LINKS ${is_LINKS}
                SOURCES ${is_UNPARSED_ARGUMENTS})
endfunction()

# seven_get(NAME KEY VARIABLE): what the list says of a server.
function(seven_get NAME KEY VARIABLE)
  get_property(value GLOBAL PROPERTY SEVEN_${NAME}_${KEY})
  set(${VARIABLE} "${value}" PARENT_SCOPE)
endfunction()

# seven_servers(VARIABLE [TRAIT...]): the names of those that can be built here
# and have all these traits.
function(seven_servers VARIABLE)
  get_property(all GLOBAL PROPERTY SEVEN_SERVERS)
  set(chosen "")
  foreach(name IN LISTS all)
    seven_get(${name} ABSENT absent)
    seven_get(${name} TRAITS traits)
    set(fits TRUE)
    foreach(trait IN LISTS ARGN)
      if(NOT trait IN_LIST traits)
        set(fits FALSE)
      endif()
    endforeach()
    if(fits AND NOT absent)
      list(APPEND chosen ${name})
    endif()
  endforeach()
  set(${VARIABLE} "${chosen}" PARENT_SCOPE)
endfunction()
