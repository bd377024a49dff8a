#pragma once

/// @file
/// Rows of the table `rules`. Private to pg.

#include "winnow/domain/rule.hpp"

#include <pqxx/result>

namespace winnow::pg {

/// Reads `select t.* from rules t …`. Where the row holds what this version cannot read, that is logged and the rule
/// has no actions: it does not compile, and can be shown, replaced and deleted.
[[nodiscard]] domain::Rule read_rule(const pqxx::row& row);

/// One that read_rule could not read in full: none is stored without an action.
[[nodiscard]] bool is_unreadable(const domain::Rule& rule);

}  // namespace winnow::pg
