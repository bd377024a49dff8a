#include "api/parameters.hpp"

#include "winnow/base/text.hpp"

#include <utility>

namespace winnow::api {

Result<std::optional<Timestamp>> time_parameter(const http::RequestHead& head, std::string_view name)
{
    const auto text = head.query_parameter(name);
    if (!text) return std::optional<Timestamp>();
    const auto at = parse_rfc3339(*text);
    if (!at) return query_error(name, "must be a time such as 2026-11-23T06:00:00Z (write '+' as %2B)");
    return at;
}

Result<std::string> text_parameter(const http::RequestHead& head, std::string_view name)
{
    auto text = head.query_parameter(name);
    if (!text) return std::string();
    if (!is_valid_utf8(*text)) return query_error(name, "must be UTF-8");
    if (text->empty() || count_code_points(*text) > kMaxSearchChars) {
        return query_error(name, "must have 1 to " + std::to_string(kMaxSearchChars) + " characters");
    }
    return std::move(*text);
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
