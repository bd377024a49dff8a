#pragma once

/// @file
/// How the words of senders are compared with the tables. Private to domain.

#include <algorithm>
#include <string>
#include <string_view>

namespace winnow::domain {

/// What of a word counts: its letters in lower case, without blanks (no-break ones too), hyphens and underscores.
inline std::string bare_word(std::string_view word)
{
    std::string bare;
    for (; !word.empty(); word.remove_prefix(1)) {
        constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
        const char c = word.front();
        if (c == '-' || c == '_' || c == ' ' || (c >= '\t' && c <= '\r')) continue;
        if (word.starts_with(kNoBreakSpace)) {
            word.remove_prefix(kNoBreakSpace.size() - 1);
            continue;
        }
        bare += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return bare;
}

/// The order of the tables, whose words have underscores for people to read.
struct BareLess {
    constexpr bool operator()(std::string_view a, std::string_view b) const noexcept
    {
        while (true) {
            while (a.starts_with('_')) a.remove_prefix(1);
            while (b.starts_with('_')) b.remove_prefix(1);
            if (b.empty()) return false;
            if (a.empty()) return true;
            if (a.front() != b.front()) return a.front() < b.front();
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
    }
};

/// The entry of a table that is sorted so, or its end. `bare` is what bare_word() made.
template <typename Table>
constexpr auto find_word(const Table& table, std::string_view bare) noexcept
{
    const auto at = std::ranges::lower_bound(table, bare, BareLess(), &Table::value_type::first);
    return at != table.end() && !BareLess()(bare, at->first) ? at : table.end();
}

}  // namespace winnow::domain
