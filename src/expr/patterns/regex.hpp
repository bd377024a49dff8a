#pragma once

/// @file
/// The regular expressions of conditions. Private to expr.

#include "winnow/expr/pattern.hpp"

#include <re2/re2.h>

#include <memory>
#include <string>

namespace winnow::expr {

/// RE2's syntax; in it `.` matches a line feed, too, because alerts' texts hold some. Errors are compile_pattern()'s.
[[nodiscard]] CompiledPattern compile_regex(const std::string& pattern);

/// The same for a pattern that all of a text must match: as `^(?:pattern)$`, if it is one without that.
[[nodiscard]] CompiledPattern compile_whole(const std::string& pattern);

}  // namespace winnow::expr
