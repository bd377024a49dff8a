#include "winnow/http/message.hpp"

#include "http/wire/ascii.hpp"

#include <algorithm>

namespace winnow::http {

namespace {

/// Calls `visit(name, value)` for each undecoded parameter until it returns true.
template <typename Visitor>
void for_each_parameter(std::string_view query, Visitor visit)
{
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        if (visit(pair.substr(0, equals), value)) return;
    }
}

/// What cannot be decoded is shown as sent: the handler refuses it by its own rules, with a pointer to the parameter.
std::string decode_or_keep(std::string_view text)
{
    auto decoded = percent_decode(text, true);
    return decoded ? std::move(*decoded) : std::string(text);
}

int hex_value(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string_view RequestHead::header(std::string_view name) const noexcept
{
    for (const auto& header : headers) {
        if (iequals(header.name, name)) return header.value;
    }
    return {};
}

std::optional<std::string> RequestHead::query_parameter(std::string_view name) const
{
    std::optional<std::string> found;
    for_each_parameter(query, [&](std::string_view raw_name, std::string_view raw_value) {
        if (decode_or_keep(raw_name) == name) found = decode_or_keep(raw_value);
        return found.has_value();
    });
    return found;
}

std::vector<std::pair<std::string, std::string>> RequestHead::query_parameters() const
{
    std::vector<std::pair<std::string, std::string>> parameters;
    for_each_parameter(query, [&](std::string_view raw_name, std::string_view raw_value) {
        parameters.emplace_back(decode_or_keep(raw_name), decode_or_keep(raw_value));
        return false;
    });
    return parameters;
}

void Response::set(std::string_view name, std::string value)
{
    const auto existing =
        std::ranges::find_if(headers, [name](const Header& header) { return iequals(header.name, name); });
    if (existing != headers.end()) {
        existing->value = std::move(value);
    } else {
        headers.push_back({.name = std::string(name), .value = std::move(value)});
    }
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space)
{
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (c == '\0') return std::nullopt;
        decoded += c;
    }
    return decoded;
}

}  // namespace winnow::http
