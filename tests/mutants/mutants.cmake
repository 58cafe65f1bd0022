# tests/mutants/mutants.cmake - included with SEVEN_MUTANTS on. For every text
# and every server it is about: a program, built like the true one but for the
# source that is changed, and a test mutants.SERVER.NAME: the case that must
# catch it.
add_custom_target(mutants DEPENDS mutate)

# source_of(SERVER SOURCE VARIABLE): what a text means by it (mutant.h), from
# the root.
function(source_of SERVER SOURCE VARIABLE)
  seven_get(${SERVER} SOURCE own)
  if(SOURCE STREQUAL "server.c")
    set(SOURCE ${own})
  elseif(NOT SOURCE MATCHES "/")
    get_filename_component(folder ${own} DIRECTORY)
    set(SOURCE ${folder}/${SOURCE})
  endif()
  set(${VARIABLE} ${SOURCE} PARENT_SCOPE)
endfunction()

# find_test(SERVER NAME): in the caller's scope the `program` that has the case,
# the `command` that runs it, and what it is called there, `case`. "framed.CASE"
# is the program framed's, "unit.frame.CASE" unit-frame's, others the suite's.
function(find_test SERVER NAME)
  set(program suite)
  set(case ${NAME})
  if(NAME MATCHES "^(.+)\\.([^.]+)$")
    string(REPLACE "." "-" named ${CMAKE_MATCH_1})
    if(named IN_LIST programs)
      set(program ${named})
      set(case ${CMAKE_MATCH_2})
    endif()
  endif()
  command_of(${program} ${SERVER} command)
  set(program ${program} PARENT_SCOPE)
  set(command "${command}" PARENT_SCOPE)
  set(case ${case} PARENT_SCOPE)
endfunction()

# add_mutant(TEXT SERVER SOURCE TEST)
function(add_mutant TEXT SERVER SOURCE TEST)
  get_filename_component(name ${TEXT} NAME_WE)
  string(REPLACE "/" "-" target mutant-${SERVER}-${name})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${SERVER}/${name})
  source_of(${SERVER} ${SOURCE} original)
  get_filename_component(file ${original} NAME)
  set(original ${PROJECT_SOURCE_DIR}/${original})
  set(changed ${folder}/${file})
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${changed}
    COMMAND mutate apply ${TEXT} ${PROJECT_SOURCE_DIR} ${SERVER} ${changed}
    DEPENDS ${TEXT} ${original}
    COMMENT "" VERBATIM)

  # The program that has the bug. A unit test is one itself.
  find_test(${SERVER} ${TEST})
  if(program MATCHES "^unit-")
    set(true ${program})
  elseif(SOURCE MATCHES "client\\.c$")
    seven_get(${SERVER} CLIENT true)
  else()
    seven_get(${SERVER} TARGET true)
  endif()

  # It is made of what the true one is, but for the changed source. An archive's
  # own version of that is not taken by the linker: all it defines is there
  # already.
  get_filename_component(beside ${original} DIRECTORY)
  get_target_property(libraries ${true} LINK_LIBRARIES)
  add_executable(${target} EXCLUDE_FROM_ALL ${changed}
    $<FILTER:$<TARGET_OBJECTS:${true}>,EXCLUDE,/${file}\\.o$>)
  target_include_directories(${target} PRIVATE ${beside})
  target_compile_definitions(${target} PRIVATE
    $<TARGET_PROPERTY:${true},COMPILE_DEFINITIONS>)
  target_link_libraries(${target} PRIVATE ${libraries})
  target_compile_options(${target} PRIVATE -w)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${folder} OUTPUT_NAME server)

  # The command that runs the true one runs the mutant instead.
  string(REPLACE "$<TARGET_FILE:${true}>" "$<TARGET_FILE:${target}>"
         mutated "${command}")
  if(mutated STREQUAL command)
    message(FATAL_ERROR "${TEXT}: ${TEST} does not run ${true}")
  endif()
  string(REGEX MATCHALL "<TARGET_FILE:[^>]+" needed "${mutated}")
  list(TRANSFORM needed REPLACE "<TARGET_FILE:" "")
  add_dependencies(mutants ${needed})
  add_test(NAME mutants.${SERVER}.${name}
           COMMAND mutate verdict ${TEXT} ${SERVER} ${mutated} ${case})
  set_tests_properties(mutants.${SERVER}.${name} PROPERTIES
    LABELS mutants TIMEOUT 90)
endfunction()

# read_text(TEXT): the lines of a text that say where and what.
function(read_text TEXT)
  file(STRINGS ${TEXT} lines REGEX "^(in .*|test: .*)$")
  foreach(line IN LISTS lines)
    if(line MATCHES "^in ([^:]*): (.*)$")
      string(REPLACE " " ";" named "${CMAKE_MATCH_1}")
      set(source ${CMAKE_MATCH_2})
    elseif(line MATCHES "^test: (.*)$")
      set(test ${CMAKE_MATCH_1})
      foreach(server IN LISTS named)
        if(server IN_LIST servers) # what this system cannot build is left out
          add_mutant(${TEXT} ${server} ${source} ${test})
        endif()
      endforeach()
    endif()
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TEXT})
endfunction()

file(GLOB texts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/*.mutant)
foreach(text IN LISTS texts)
  read_text(${text})
endforeach()
