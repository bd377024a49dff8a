#pragma once

/// @file
/// Reading a JSON request body strictly.

#include "winnow/base/result.hpp"
#include "winnow/forms/field_reader.hpp"
#include "winnow/http/message.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

inline constexpr std::size_t kMaxJsonDepth = 32;

/// The Content-Type in lower case, parameters aside; "" where there is none, nullopt where it names no type, or another
/// charset than UTF-8.
[[nodiscard]] std::optional<std::string> media_type_of(const http::RequestHead& head);

/// Whether the Content-Type names one of `allowed`, parameters aside; an absent one passes as the first. A charset
/// other than UTF-8 is refused.
[[nodiscard]] bool has_media_type(const http::RequestHead& head, std::initializer_list<std::string_view> allowed);

/// Strict JSON: at most kMaxJsonDepth deep, no duplicate member, no U+0000, valid UTF-8, finite numbers, nothing after
/// it. Errors are `malformed_body` (400) with a pointer.
[[nodiscard]] Result<nlohmann::json> parse_json(std::string_view text);

/// The request's body as a JSON object. An Error of code `invalid_argument`; a wrong Content-Type is refused by
/// CustomerApi before a handler runs (`application/json`; `application/merge-patch+json` on PATCH too).
[[nodiscard]] Result<nlohmann::json> read_object(const http::Request& request);

/// RFC 7396. PATCH is: render the current object as GET shows it, merge, read the whole like a PUT
/// (naming what clients cannot write with FieldReader::read_only).
[[nodiscard]] nlohmann::json merge_patch(nlohmann::json current, const nlohmann::json& patch);

// How fields are read, by requests and files alike: winnow/forms/field_reader.hpp.
using forms::escape_pointer;
using forms::FieldReader;
using forms::kMaxErrors;
using forms::Length;
using forms::merge_errors;
using forms::Need;

}  // namespace winnow::api
