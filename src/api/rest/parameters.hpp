#pragma once

/// @file
/// Typed query parameters of the lists. Errors are 400 `invalid_parameter` and name the parameter.

#include "api/rest/problem.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/http/message.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

inline constexpr std::size_t kMaxSearchChars = 256;
inline constexpr std::size_t kMaxListedValues = 50;

/// The request's Idempotency-Key, nullopt where it carries none: 1 to 255 characters of UTF-8 without control
/// characters. The Error (400) names the header: the key becomes part of a statement that is shared with other
/// requests.
[[nodiscard]] Result<std::optional<std::string>> idempotency_key(const http::RequestHead& head);

/// Everything in path and query that a handler may take for text is UTF-8 without U+0000. The Error (400) names the
/// parameter.
[[nodiscard]] Result<Done> only_text(const http::RequestHead& head,
                                     const std::vector<std::pair<std::string, std::string>>& path);

/// A time in RFC 3339; nullopt where the parameter is absent.
[[nodiscard]] Result<std::optional<Timestamp>> time_parameter(const http::RequestHead& head, std::string_view name);

/// 1 to kMaxSearchChars characters; "" where the parameter is absent.
[[nodiscard]] Result<std::string> text_parameter(const http::RequestHead& head, std::string_view name);

/// Every value of a parameter that may be repeated and may hold commas (`state=open,held&state=closed`), each once and
/// none empty.
[[nodiscard]] Result<std::vector<std::string>> listed_parameter(const http::RequestHead& head, std::string_view name);

/// listed_parameter() through `parse`, which answers nullopt to a word that is none of `words`.
template <typename Value>
[[nodiscard]] Result<std::vector<Value>> word_parameter(const http::RequestHead& head, std::string_view name,
                                                        std::optional<Value> (*parse)(std::string_view) noexcept,
                                                        std::string_view words)
{
    const auto listed = listed_parameter(head, name);
    if (!listed) return listed.error();
    std::vector<Value> values;
    for (const auto& word : *listed) {
        const auto value = parse(word);
        if (!value) return query_error(name, "must be one of " + std::string(words));
        values.push_back(*value);
    }
    return values;
}

/// The value of a parameter that is given once at most; nullopt where it is absent.
[[nodiscard]] Result<std::optional<std::string>> sole_parameter(const http::RequestHead& head, std::string_view name);

/// An id; nullopt where the parameter is absent.
template <typename Id>
[[nodiscard]] Result<std::optional<Id>> id_parameter(const http::RequestHead& head, std::string_view name)
{
    const auto text = sole_parameter(head, name);
    if (!text) return text.error();
    if (!*text) return std::optional<Id>();
    const auto id = Id::parse(**text);
    if (!id) return query_error(name, "must be an id, such as 0199c0de-0000-7000-8000-000000000001");
    return std::optional<Id>(*id);
}

}  // namespace winnow::api
