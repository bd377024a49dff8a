#pragma once

/// @file
/// Rows of the table `rules`. Private to pg.

#include "winnow/domain/rule.hpp"

#include <pqxx/result>

namespace winnow::pg {

/// Reads `select t.* from rules t …`. Throws std::runtime_error where the row holds what this version cannot read.
[[nodiscard]] domain::Rule read_rule(const pqxx::row& row);

}  // namespace winnow::pg
