# The compiler, its flags and its caches. One place, so that every target is built alike.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines (double frees without a warning; see docs/coroutines.md). "
    "Use Clang 19: cmake --preset release, or -DCMAKE_CXX_COMPILER=clang++-19.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(WINNOW_SANITIZE "" CACHE STRING "Sanitizers: '', 'address;undefined' or 'thread'")

find_program(CCACHE ccache)
if(CCACHE)
  # By the dependencies that the compiler names: what the cache does not know is not preprocessed twice.
  find_program(WINNOW_ENV NAMES env REQUIRED)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WINNOW_ENV} CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(LLD ld.lld-19)
if(LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=${LLD})
endif()

add_library(winnow_options INTERFACE)
target_compile_options(winnow_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror
  -Wno-deprecated-declarations)  # libstdc++ 12's std::stable_sort uses a buffer type it deprecates itself

option(WINNOW_FUZZ "Link the fuzz targets with libFuzzer, and count coverage everywhere" OFF)
if(WINNOW_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(WINNOW_SANITIZE)
  string(REPLACE ";" "," _san "${WINNOW_SANITIZE}")
  add_compile_options(-fsanitize=${_san} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${_san})
  if(_san STREQUAL "thread")  # TSan does not model atomic_thread_fence, which Asio uses
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options(-Wno-tsan)
    endif()
  endif()
endif()

include(WinnowHardening)
