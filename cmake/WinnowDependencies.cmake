# Everything comes from Debian 12; `./dev deps` installs it.

find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(OpenSSL 3.0.14 REQUIRED)  # before, SSL_free_buffers took the half of a record that had come (CVE-2024-4741)
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(date CONFIG REQUIRED)  # time zones: libstdc++ 12 has none
if(WINNOW_TESTS)
  find_package(GTest REQUIRED)
endif()
find_package(PkgConfig REQUIRED)
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
find_library(ZXCVBN_LIBRARY zxcvbn REQUIRED)  # has no file for pkg-config
find_library(ARGON2_LIBRARY argon2 REQUIRED)  # whose file for pkg-config adds empty archives of the C library
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
