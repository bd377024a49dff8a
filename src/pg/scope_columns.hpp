#pragma once

/// @file
/// Columns that silences, windows and inhibitions have in common. Private to pg.

#include "pg/values.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/ports/silence_store.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/row>

#include <stdexcept>
#include <string>
#include <vector>

namespace winnow::pg {

/// Throws std::runtime_error where this version does not know the syntax.
[[nodiscard]] inline domain::Scope read_scope(const pqxx::field& text, const pqxx::field& syntax)
{
    const auto known = domain::parse_rule_syntax(syntax.c_str());
    if (!known) throw std::runtime_error("a stored condition's syntax is unknown");
    return {.text = text_of(text), .syntax = *known};
}

/// A JSON array of strings.
[[nodiscard]] inline std::vector<std::string> read_texts(const pqxx::field& field)
{
    return nlohmann::json::parse(field.c_str()).get<std::vector<std::string>>();
}

/// `matched` and `last_matched_at` of a left join with suppression_stats.
[[nodiscard]] inline ports::CoverStats read_cover_stats(const pqxx::row& row)
{
    if (row["matched"].is_null()) return {};
    return {.matched = row["matched"].as<std::int64_t>(), .last_matched_at = optional_time_of(row["last_matched_at"])};
}

}  // namespace winnow::pg
