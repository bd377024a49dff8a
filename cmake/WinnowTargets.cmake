include(GoogleTest)
include(WinnowPrecompiled)

# winnow_module(NAME [LINKS ...] [PRIVATE_LINKS ...] [PRECOMPILE ...])
#
# One module, one static library: every src/NAME/**.cpp, contract in include/winnow/NAME/.
# LINKS are the modules (and libraries) its public headers need. Which module may include which is checked against
# tests/lint/layers.txt by the test `lint.layers`. PRECOMPILE are heavy headers that most of its files include.
function(winnow_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS;PRIVATE_LINKS;PRECOMPILE")
  file(GLOB_RECURSE _sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  file(GLOB_RECURSE _headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/winnow/${name}/*.hpp)
  if(_sources)
    add_library(winnow_${name} STATIC ${_sources})
    set(_scope PUBLIC)
    target_include_directories(winnow_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(winnow_${name} PUBLIC ${arg_LINKS} PRIVATE winnow_options ${arg_PRIVATE_LINKS})
    winnow_precompile(winnow_${name} ${_sources} HEADERS ${arg_PRECOMPILE})
  else()
    add_library(winnow_${name} INTERFACE)
    set(_scope INTERFACE)
    target_include_directories(winnow_${name} INTERFACE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(winnow_${name} INTERFACE ${arg_LINKS})
  endif()
  target_sources(winnow_${name} ${_scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${_headers})
  set_target_properties(winnow_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)  # each header compiles alone
  add_library(winnow::${name} ALIAS winnow_${name})
endfunction()

# winnow_test(NAME LABEL unit|integration|e2e|chaos SOURCES ... [LINKS ...] [TIMEOUT seconds])
#
# A unit suite is one ctest entry a test; the others are one entry a binary, so that the PostgreSQL cluster a
# binary makes for itself is started once.
function(winnow_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LINKS} winnow_options GTest::gmock GTest::gtest_main)
  winnow_precompile(${name} ${arg_SOURCES} HEADERS <gmock/gmock.h> <gtest/gtest.h>)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(arg_LABEL STREQUAL "unit")
    add_dependencies(unit_tests ${name})
    gtest_discover_tests(${name} TEST_PREFIX "${name}." PROPERTIES LABELS unit TIMEOUT 60 DISCOVERY_TIMEOUT 60)
  else()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()
