# common/settings.cmake - language, warnings and sanitizers for everything that
# is built. Included by the root and by every stage that is built alone.
include_guard(GLOBAL)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()
# assert() stays on, but in a build that asks for -DNDEBUG itself.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

option(SEVEN_WERROR "Treat warnings as errors" OFF)
set(SEVEN_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wformat=2 -Wvla)
if(SEVEN_WERROR)
  add_compile_options(-Werror)
endif()
if(SEVEN_SANITIZE)
  add_compile_options(-fsanitize=${SEVEN_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SEVEN_SANITIZE})
endif()

# Which parts of libc the sources see: POSIX.1-2008. A source does not choose.
add_compile_definitions(_POSIX_C_SOURCE=200809L)
