#pragma once

/// @file
/// The regular expressions of conditions. Private to expr.

#include <re2/re2.h>

#include <memory>
#include <string>

namespace winnow::expr {

/// RE2's syntax; in it `.` matches a line feed, too, because alerts' texts hold some. What is wrong with the pattern is
/// for the caller to ask: `ok()`, `error()`.
[[nodiscard]] std::shared_ptr<const RE2> compile_regex(const std::string& pattern);

}  // namespace winnow::expr
