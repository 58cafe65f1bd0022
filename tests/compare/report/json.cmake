# tests/compare/report/json.cmake - results.json of the made-up results, read by
# CMake's parser, which is not ours: well formed, and number by number what
# report_test says that they are.
#
#     cmake -DPROGRAM=report_test -DFOLDER=... -P json.cmake
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${PROGRAM} --fixture ${FOLDER} OUTPUT_QUIET
                COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS ${FOLDER}/numbers expected)
file(READ ${FOLDER}/results.json json)

# In `places`: the places of what is in this array of the object.
function(places_in OBJECT ARRAY)
  string(JSON count LENGTH "${OBJECT}" ${ARRAY})
  set(places "")
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(place RANGE ${last})
      list(APPEND places ${place})
    endforeach()
  endif()
  set(places "${places}" PARENT_SCOPE)
endfunction()

# Numbers as numbers; nothing where there is none.
function(expect WHAT FOUND WANTED)
  if(NOT (FOUND STREQUAL WANTED OR FOUND EQUAL WANTED OR
          (FOUND STREQUAL "" AND WANTED STREQUAL "null")))
    message(FATAL_ERROR "${WHAT}: ${FOUND} in results.json, not ${WANTED}")
  endif()
endfunction()

set(count 0)
places_in("${json}" experiments)
foreach(i IN LISTS places)
  string(JSON experiment GET "${json}" experiments ${i})
  string(JSON number GET "${experiment}" number)
  places_in("${experiment}" figures)
  foreach(j IN LISTS places)
    string(JSON figure GET "${experiment}" figures ${j})
    list(GET expected ${count} row)
    string(REPLACE "\t" ";" row "${row}")
    list(GET row 0 wanted)
    expect("experiment of row ${count}" "${number}" "${wanted}")
    set(column 1)
    foreach(key picture series x median low high)
      string(JSON value GET "${figure}" ${key})
      list(GET row ${column} wanted)
      expect("${row}, ${key}" "${value}" "${wanted}")
      math(EXPR column "${column} + 1")
    endforeach()
    math(EXPR count "${count} + 1")
  endforeach()
endforeach()
list(LENGTH expected wanted)
expect("how many numbers" ${count} ${wanted})
if(count LESS 100)
  message(FATAL_ERROR "results.json has ${count} numbers only")
endif()
