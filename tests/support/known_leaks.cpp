/// @file
/// What LeakSanitizer is not to report: leaks of libraries that we cannot mend.

extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier): the sanitizer's name

/// libpqxx 6.4 loses the PGresult (about 2 KB) of a statement during which the connection broke. By the library's name,
/// because Debian's symbolizer does not read our compiler's debug information.
const char* __lsan_default_suppressions()
{
    return "leak:libpqxx\n";
}
