#include "api/rest/parameters.hpp"

#include "winnow/base/text.hpp"
#include "winnow/base/time_range.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace winnow::api {

namespace {

constexpr std::size_t kLongestKey = 255;

bool is_text(std::string_view value)
{
    return is_valid_utf8(value) && value.find('\0') == std::string_view::npos;
}

bool is_hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// What a parameter is called in an error: its name may be the very thing that is no text.
std::string shown(std::string_view name)
{
    return std::string(is_text(name) ? truncate_utf8(name, 64) : "(a name that is not UTF-8)");
}

/// Of the parameter that has something wrong at `at`.
std::string name_before(std::string_view query, std::size_t at)
{
    const auto before = query.substr(0, at);
    const auto pair = before.substr(before.rfind('&') + 1);
    return shown(pair.substr(0, pair.find('=')));
}

}  // namespace

Result<std::optional<std::string>> idempotency_key(const http::RequestHead& head)
{
    const auto names_it = [](const http::Header& header) {
        return std::ranges::equal(header.name, std::string_view("idempotency-key"), {},
                                  [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    };
    const auto found = std::ranges::find_if(head.headers, names_it);
    if (found == head.headers.end()) return std::optional<std::string>();
    const auto wrong = [](std::string detail) {
        return Error(ErrorCode::invalid_argument, "header 'Idempotency-Key': " + std::move(detail));
    };
    if (std::any_of(std::next(found), head.headers.end(), names_it)) return wrong("must stand once in a request");
    const auto& key = found->value;
    if (key.empty()) return wrong("must not be empty; leave the header out, or send a key of your own, such as a UUID");
    if (!is_valid_utf8(key)) return wrong("must be UTF-8, and best plain ASCII, such as a UUID");
    if (has_control_characters(key)) return wrong("must not hold control characters");
    if (count_code_points(key) > kLongestKey) return wrong("takes at most 255 characters");
    return std::optional<std::string>(key);
}

Result<Done> only_text(const http::RequestHead& head, const std::vector<std::pair<std::string, std::string>>& path)
{
    for (const auto& [name, value] : path) {
        if (!is_text(value)) {
            return Error(ErrorCode::invalid_argument, "path parameter '" + name + "': must be percent-encoded UTF-8");
        }
    }
    for (const auto& [name, value] : head.query_parameters()) {
        if (!is_text(name) || !is_text(value)) return query_error(shown(name), "must be UTF-8");
    }
    // Undecoded, because what holds it is not decoded: see query_parameters().
    const std::string_view query = head.query;
    for (auto at = query.find('%'); at != std::string_view::npos; at = query.find('%', at + 1)) {
        const auto code = query.substr(at + 1, 2);
        if (code == "00") return query_error(name_before(query, at), "must not hold U+0000 (%00)");
        if (code.size() != 2 || !std::ranges::all_of(code, is_hex_digit)) {
            return query_error(name_before(query, at), "must be percent-encoded: '%' itself is written %25");
        }
    }
    return Done{};
}

Result<std::optional<std::string>> sole_parameter(const http::RequestHead& head, std::string_view name)
{
    std::optional<std::string> found;
    for (auto& [given, value] : head.query_parameters()) {
        if (given != name) continue;
        if (found) return query_error(name, "must be given once");
        found = std::move(value);
    }
    return found;
}

Result<std::optional<Timestamp>> time_parameter(const http::RequestHead& head, std::string_view name)
{
    const auto text = sole_parameter(head, name);
    if (!text) return text.error();
    if (!*text) return std::optional<Timestamp>();
    const auto at = parse_rfc3339(**text);
    if (!at) {
        return query_error(
            name, "must be a time such as 2026-11-23T06:00:00Z, " + std::string(kTimeRange) + "; write '+' as %2B");
    }
    return at;
}

Result<std::string> text_parameter(const http::RequestHead& head, std::string_view name)
{
    auto given = sole_parameter(head, name);
    if (!given) return given.error();
    if (!*given) return std::string();
    auto& text = **given;
    if (!is_valid_utf8(text)) return query_error(name, "must be UTF-8");
    if (text.empty() || count_code_points(text) > kMaxSearchChars) {
        return query_error(name, "must have 1 to " + std::to_string(kMaxSearchChars) + " characters");
    }
    return std::move(text);
}

Result<std::vector<std::string>> listed_parameter(const http::RequestHead& head, std::string_view name)
{
    std::vector<std::string> values;
    for (const auto& [given, text] : head.query_parameters()) {
        if (given != name) continue;
        if (!is_valid_utf8(text)) return query_error(name, "must be UTF-8");
        std::size_t begin = 0;
        while (begin <= text.size()) {
            const auto end = std::min(text.find(',', begin), text.size());
            auto value = text.substr(begin, end - begin);
            if (value.empty()) return query_error(name, "must not be empty");
            if (std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
            begin = end + 1;
        }
    }
    if (values.size() > kMaxListedValues) {
        return query_error(name, "must not list more than " + std::to_string(kMaxListedValues) + " values");
    }
    return values;
}

}  // namespace winnow::api
