# Precompiled headers: docs/decisions/precompiled-headers.md. On in the presets that people build most, off elsewhere, where
# a file that forgets an include is found out.
option(WINNOW_PCH "Precompile the headers that nearly every file includes" OFF)

# winnow_precompile(TARGET SOURCES... [HEADERS ...]): the standard library's usual headers, and HEADERS. Per target,
# because targets differ in the definitions that headers see. A target of few files would not win back what it costs.
function(winnow_precompile target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS")
  list(LENGTH arg_UNPARSED_ARGUMENTS _files)
  if(NOT WINNOW_PCH OR _files LESS 3)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <atomic> <chrono> <cstdint> <expected> <functional> <map> <memory> <mutex> <optional> <ranges> <set>
    <string> <string_view> <unordered_map> <utility> <variant> <vector> ${arg_HEADERS})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # The same input makes the same file, so that ccache can know it again.
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()
