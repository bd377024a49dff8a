#include "winnow/oidc/freshness.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace winnow::oidc {

namespace {

char lower(char c) noexcept
{
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::chrono::milliseconds keys_for(std::string_view cache_control) noexcept
{
    constexpr std::string_view kName = "max-age=";
    constexpr std::int64_t kFarOff = 1'000'000'000;  // seconds
    while (!cache_control.empty()) {
        const auto comma = cache_control.find(',');
        const auto directive = trimmed(cache_control.substr(0, comma));
        cache_control = comma == std::string_view::npos ? std::string_view() : cache_control.substr(comma + 1);
        if (!std::ranges::equal(directive.substr(0, kName.size()), kName, {}, lower)) continue;
        const auto digits = directive.substr(kName.size());
        std::int64_t seconds = 0;
        const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (wrong != std::errc() || end != digits.data() + digits.size() || seconds < 0) return kKeysFor;
        const std::chrono::milliseconds said = std::chrono::seconds(std::min(seconds, kFarOff));
        return std::clamp(said, kKeysForAtLeast, kKeysForAtMost);
    }
    return kKeysFor;
}

}  // namespace winnow::oidc
