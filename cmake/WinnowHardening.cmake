# What makes a fault in memory harder to use, for every file alike. tests/build/hardening_test.py looks for each in the
# finished program.
include(CheckCXXCompilerFlag)

add_compile_options(-fPIE -fstack-protector-strong -fstack-clash-protection)
add_link_options(-pie LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)

check_cxx_compiler_flag(-fcf-protection=full WINNOW_HAS_CF_PROTECTION)  # x86: Intel CET
if(WINNOW_HAS_CF_PROTECTION)
  add_compile_options(-fcf-protection=full)
  add_link_options(LINKER:-z,shstk)  # Debian 12's start files have no such mark, and none of their code needs one
endif()
check_cxx_compiler_flag(-mbranch-protection=standard WINNOW_HAS_BRANCH_PROTECTION)  # ARM: PAC and BTI
if(WINNOW_HAS_BRANCH_PROTECTION)
  add_compile_options(-mbranch-protection=standard)
endif()

# It needs an optimising compiler, and sanitizers have checks of their own.
if(NOT WINNOW_SANITIZE AND NOT WINNOW_FUZZ)
  add_compile_options("$<$<NOT:$<CONFIG:Debug>>:SHELL:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>")
endif()
