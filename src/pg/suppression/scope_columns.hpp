#pragma once

/// @file
/// Columns that silences, windows and inhibitions have in common. Private to pg.

#include "pg/rows/legible.hpp"
#include "pg/rows/values.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/ports/silence_store.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/row>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::pg {

/// Of `what` with that id. Where this version does not know the syntax, that is logged and the scope is empty, which
/// does not compile: what it belongs to is left out, and can be shown, replaced and deleted.
template <typename Id>
[[nodiscard]] domain::Scope read_scope(std::string_view what, const Id& id, const pqxx::field& text,
                                       const pqxx::field& syntax)
{
    domain::Scope scope;
    const bool legible = is_legible(what, id, [&] {
        const auto known = domain::parse_rule_syntax(syntax.c_str());
        if (!known) throw std::runtime_error("unknown syntax");
        scope = {.text = text_of(text), .syntax = *known};
    });
    return legible ? scope : domain::Scope();
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
