#pragma once

/// @file
/// Domain's words in SQL. As literals: partial indexes are only found by them. Private to pg.

#include <initializer_list>
#include <string>

namespace winnow::pg {

/// `'held'`: a value's to_string(), which has no quotes in it.
template <typename Value>
[[nodiscard]] std::string sql_word(Value value)
{
    return std::string("'").append(to_string(value)).append("'");
}

/// `('pending', 'sending')`
template <typename Value>
[[nodiscard]] std::string sql_words(std::initializer_list<Value> values)
{
    std::string list;
    for (const auto value : values) list.append(list.empty() ? "(" : ", ").append(sql_word(value));
    return list + ')';
}

}  // namespace winnow::pg
