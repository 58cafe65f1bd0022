# seven_server(NAME SOURCE...): the server of a stage, or a variant of it.
# seven_client(NAME SOURCE...): its client.
# NAME is the stage's folder; a variant is NAME/variant and is built to
# NAME/variant beside NAME/server.
include_guard(GLOBAL)

if(NOT TARGET common)
  # The stage is built alone: cmake -S 04-select -B build
  include(${CMAKE_CURRENT_LIST_DIR}/settings.cmake)
  add_subdirectory(${CMAKE_CURRENT_LIST_DIR} ${CMAKE_BINARY_DIR}/common)
endif()

# epoll is Linux's own. Without it a stage is left out, and a test that is
# skipped says so as long as nobody mends that.
include(CheckIncludeFile)
check_include_file(sys/epoll.h HAVE_SYS_EPOLL_H)
function(seven_left_out STAGE)
  message(WARNING "${STAGE} is left out: this system has no sys/epoll.h")
  add_test(NAME ${STAGE}.left-out
           COMMAND ${CMAKE_COMMAND} -E echo "skipped: no sys/epoll.h")
  set_tests_properties(${STAGE}.left-out PROPERTIES
    SKIP_REGULAR_EXPRESSION "skipped" LABELS ${STAGE})
endfunction()

function(seven_program TARGET NAME)
  add_executable(${TARGET} ${ARGN})
  target_link_libraries(${TARGET} PRIVATE common)
  set_target_properties(${TARGET} PROPERTIES OUTPUT_NAME ${NAME})
endfunction()

function(seven_server STAGE)
  seven_program(${STAGE}-server server ${ARGN})
  set_property(GLOBAL APPEND PROPERTY SEVEN_SERVERS ${STAGE})
endfunction()

function(seven_client STAGE)
  seven_program(${STAGE}-client client ${ARGN})
endfunction()
