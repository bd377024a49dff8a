#include "winnow/signin/endings.hpp"

#include <algorithm>

namespace winnow::signin {

namespace {

constexpr bool in_order()
{
    for (std::size_t i = 0; i < kEndings.size(); ++i) {
        if (static_cast<std::size_t>(kEndings[i].ending) != i) return false;
    }
    return static_cast<std::size_t>(Ending::directory) + 1 == kEndings.size();
}
static_assert(in_order(), "every ending has exactly one row, in the order of the enumeration");

}  // namespace

std::optional<Ending> parse_ending(std::string_view word) noexcept
{
    const auto* const found = std::ranges::find(kEndings, word, &EndingRow::word);
    if (found == kEndings.end()) return std::nullopt;
    return found->ending;
}

}  // namespace winnow::signin
