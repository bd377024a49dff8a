#include "expr/values/code_points.hpp"

#include <cstring>
#include <string>

namespace winnow::expr {

std::optional<std::size_t> offset_of_code_point(std::string_view text, std::int64_t number) noexcept
{
    if (number < 0) return std::nullopt;
    std::size_t at = 0;
    for (; number > 0 && at < text.size(); --number) at += length_at(text, at);
    return number == 0 ? std::optional(at) : std::nullopt;
}

std::size_t find_text(std::string_view text, std::string_view part) noexcept
{
    if (part.empty()) return 0;
    const auto* found = static_cast<const char*>(memmem(text.data(), text.size(), part.data(), part.size()));
    return found == nullptr ? std::string_view::npos : static_cast<std::size_t>(found - text.data());
}

std::size_t find_last_text(std::string_view text, std::string_view part)
{
    const std::string text_turned(text.rbegin(), text.rend());
    const std::string part_turned(part.rbegin(), part.rend());
    const auto found = find_text(text_turned, part_turned);
    return found == std::string_view::npos ? found : text.size() - found - part.size();
}

}  // namespace winnow::expr
