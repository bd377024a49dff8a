#pragma once

/// @file
/// Rows of the table `rules`, by the table of a rule's fields (winnow/forms/rule_form.hpp). Private to pg.

#include "winnow/domain/rule.hpp"

#include <pqxx/result>

#include <string>
#include <vector>

namespace winnow::pg {

/// Reads `select t.* from rules t …`. Where the row holds what this version cannot read, that is logged and the rule
/// has no actions: it does not compile, and can be shown, replaced and deleted.
[[nodiscard]] domain::Rule read_rule(const pqxx::row& row);

/// One that read_rule could not read in full: none is stored without an action.
[[nodiscard]] bool is_unreadable(const domain::Rule& rule);

/// A JSON array that `jsonb_to_recordset($2::jsonb) as r(record_types())` turns into rows.
[[nodiscard]] std::string records(const std::vector<domain::Rule>& rules);

// Parts of statements, a field each, parted by commas: made of our own names alone.
[[nodiscard]] std::string record_types();      ///< `rule_id uuid, name text, …`
[[nodiscard]] std::string rule_columns();      ///< `rule_id, name, …`
[[nodiscard]] std::string assigned_columns();  ///< `name = r.name, …`: all but the id, of rows called `r`.

/// An expression, the rule in a row of `rules` called `t` as forms::rule_json() shows it.
[[nodiscard]] std::string rule_json_sql();

}  // namespace winnow::pg
