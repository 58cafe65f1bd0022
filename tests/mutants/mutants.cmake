# Included with SEVEN_MUTANTS on. For every text and every stage it is about: a
# program mutant-STAGE-NAME, built like the true one but for the source that is
# changed, and a test mutants.STAGE.NAME for each test that must catch it.

# What its cases are run with.
set(preload "")
if(TARGET inject)
  set(preload --preload $<TARGET_FILE:inject>)
endif()
# Stage 07 carries frames: for the suite it is made to echo lines.
set(suite_arguments_07-framing
  --arg --codec --arg line --arg --service --arg echo)

# programs(SERVER CLIENT): the true ones, but the mutant in its place.
macro(programs SERVER CLIENT)
  if(SOURCE MATCHES "client\\.c$")
    set(programs --server $<TARGET_FILE:${SERVER}>
                 --client $<TARGET_FILE:${target}>)
    add_dependencies(mutants ${SERVER})
  else()
    set(programs --server $<TARGET_FILE:${target}>
                 --client $<TARGET_FILE:${CLIENT}>)
    add_dependencies(mutants ${CLIENT})
  endif()
endmacro()

# add_mutant(TEXT STAGE SOURCE TESTS)
function(add_mutant TEXT STAGE SOURCE TESTS)
  get_filename_component(name ${TEXT} NAME_WE)
  set(target mutant-${STAGE}-${name})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${STAGE}/${name})
  set(root ${PROJECT_SOURCE_DIR})
  set(original ${STAGE}/${SOURCE})
  if(SOURCE MATCHES "/")
    set(original ${SOURCE})
  endif()
  get_filename_component(file ${SOURCE} NAME)
  set(changed ${folder}/${file})
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${changed}
    COMMAND mutate apply ${TEXT} ${root} ${STAGE} ${changed}
    DEPENDS ${TEXT} ${root}/${original}
    COMMENT "" VERBATIM)

  # What it is made of: what the true program is, but for the changed source.
  # An archive's own version of that is not taken by the linker: all it defines
  # is there already.
  list(GET TESTS 0 first)
  if(first MATCHES "^unit\\.([a-z_]+)\\.")
    set(true unit-${CMAKE_MATCH_1})
  elseif(SOURCE MATCHES "client\\.c$")
    string(REGEX REPLACE "\\.c$" "" true ${STAGE}-${SOURCE})
  elseif(first MATCHES "^kv\\.")
    set(true ${STAGE}-kv-server)
  else()
    set(true ${STAGE}-server)
  endif()
  get_target_property(libraries ${true} LINK_LIBRARIES)
  add_executable(${target} EXCLUDE_FROM_ALL ${changed}
    $<FILTER:$<TARGET_OBJECTS:${true}>,EXCLUDE,/${file}\\.o$>)
  target_include_directories(${target} PRIVATE
    ${root}/${STAGE} ${root}/07-framing/kv ${root}/common)
  target_compile_definitions(${target} PRIVATE
    $<TARGET_PROPERTY:${true},COMPILE_DEFINITIONS>)
  target_link_libraries(${target} PRIVATE ${libraries})
  target_compile_options(${target} PRIVATE -w)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${folder} OUTPUT_NAME server)
  add_dependencies(mutants ${target})

  foreach(test IN LISTS TESTS)
    string(REGEX REPLACE "^(unit\\.[a-z_]+|framed|kv)\\." "" case ${test})
    if(test MATCHES "^unit\\.")
      set(command $<TARGET_FILE:${target}>)
    elseif(test MATCHES "^framed\\.")
      programs(07-framing-server 07-framing-client)
      set(command $<TARGET_FILE:framed> ${programs})
    elseif(test MATCHES "^kv\\.")
      programs(07-framing-kv-server 07-framing-kv-client)
      set(command $<TARGET_FILE:kv> --store lock ${programs} ${preload})
    elseif(SOURCE STREQUAL "client.c")
      programs(${STAGE}-server "")
      set(command $<TARGET_FILE:suite> ${programs} --stage ${STAGE} ${preload})
    else()
      set(command $<TARGET_FILE:suite> --server $<TARGET_FILE:${target}>
                  --stage ${STAGE} ${preload} ${suite_arguments_${STAGE}})
    endif()
    set(title mutants.${STAGE}.${name})
    list(LENGTH TESTS count)
    if(count GREATER 1)
      string(APPEND title ".${case}")
    endif()
    add_test(NAME ${title}
             COMMAND mutate verdict ${TEXT} ${STAGE} ${test}
                     ${command} ${case})
    set_tests_properties(${title} PROPERTIES LABELS mutants TIMEOUT 90)
  endforeach()
endfunction()

# read_text(TEXT): the lines of a text that say where and what.
function(read_text TEXT)
  file(STRINGS ${TEXT} lines REGEX "^(in .*|test: .*)$")
  set(stages "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^in ([^:]*): (.*)$")
      string(REPLACE " " ";" stages "${CMAKE_MATCH_1}")
      set(source ${CMAKE_MATCH_2})
    elseif(line MATCHES "^test: (.*)$")
      string(REPLACE " " ";" tests "${CMAKE_MATCH_1}")
      foreach(stage IN LISTS stages)
        add_mutant(${TEXT} ${stage} ${source} "${tests}")
      endforeach()
    endif()
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TEXT})
endfunction()

file(GLOB texts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/*.mutant)
foreach(text IN LISTS texts)
  read_text(${text})
endforeach()
add_dependencies(mutants mutate suite)
foreach(program framed kv inject)
  if(EXISTS ${PROJECT_SOURCE_DIR}/tests/conformance/${program}.c OR
     TARGET ${program})
    add_dependencies(mutants ${program})
  endif()
endforeach()
