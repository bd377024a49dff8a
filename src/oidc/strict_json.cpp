#include "oidc/strict_json.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace winnow::oidc {

namespace {

using nlohmann::json;

/// -1: no digit of base64url.
int digit_of(char c) noexcept
{
    constexpr int kSmall = 26;
    constexpr int kDigits = 52;
    constexpr int kDash = 62;
    constexpr int kUnderscore = 63;
    if ('A' <= c && c <= 'Z') return c - 'A';
    if ('a' <= c && c <= 'z') return c - 'a' + kSmall;
    if ('0' <= c && c <= '9') return c - '0' + kDigits;
    if (c == '-') return kDash;
    return c == '_' ? kUnderscore : -1;
}

}  // namespace

std::optional<json> read_object(std::string_view text, std::size_t most_bytes)
{
    if (text.size() > most_bytes) return std::nullopt;
    std::vector<std::set<std::string>> names;  // of the objects that are open
    bool strict = true;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > kMaxDepth) strict = false;
        if (event == json::parse_event_t::object_start) names.emplace_back();
        if (event == json::parse_event_t::object_end) names.pop_back();
        if (event == json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second) strict = false;
        return true;
    };
    auto document = json::parse(text, watch, /*allow_exceptions=*/false);
    if (!strict || !document.is_object()) return std::nullopt;
    return document;
}

const json* member(const json& object, std::string_view name)
{
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::optional<std::string> text_member(const json& object, std::string_view name)
{
    const auto* const found = member(object, name);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

std::optional<std::string> from_base64url(std::string_view text)
{
    constexpr unsigned kDigitBits = 6;
    constexpr unsigned kByteBits = 8;
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned held = 0;  // how many of them are not written yet
    for (const char c : text) {
        const int digit = digit_of(c);
        if (digit < 0) return std::nullopt;
        bits = bits << kDigitBits | static_cast<std::uint32_t>(digit);
        held += kDigitBits;
        if (held < kByteBits) continue;
        held -= kByteBits;
        bytes += static_cast<char>(bits >> held & 0xFFU);
        bits &= (1U << held) - 1U;
    }
    if (bits != 0) return std::nullopt;  // another text of the same bytes
    return bytes;
}

}  // namespace winnow::oidc
