# tests/conformance/kv.cmake - the key-value server: one program, all cases, run
# against each of the ways in which its store can be shared. Included by
# ../CMakeLists.txt when every folder has added its targets.
find_package(Threads REQUIRED)
add_executable(kv
  conformance/kv.c conformance/kv_wire.c conformance/kv_commands.c
  conformance/kv_frames.c conformance/kv_faults.c conformance/kv_clients.c
  faults/inject_kv.c faults/inject_rules.c)
target_include_directories(kv PRIVATE conformance faults)
target_link_libraries(kv PRIVATE harness Threads::Threads)
target_compile_definitions(kv PRIVATE
  _GNU_SOURCE KV_PEER="${CMAKE_CURRENT_LIST_DIR}/kv_peer.py")

set(kv_arguments
  --server $<TARGET_FILE:07-framing-kv-server>
  --client $<TARGET_FILE:07-framing-kv-client>)
if(TARGET inject)
  list(APPEND kv_arguments --preload $<TARGET_FILE:inject>)
endif()
labels_of(07-framing/kv-server labels)
foreach(store lock shards owner)
  discover_cases(kv 07-framing.kv.${store} "${labels}"
    ${kv_arguments} --arg --store --arg ${store})
endforeach()
