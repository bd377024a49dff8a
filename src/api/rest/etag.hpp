#pragma once

/// @file
/// Entity tags over the `version` of a resource, and the preconditions of RFC 9110 §13.

#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"

#include <cstdint>
#include <string>

namespace winnow::api {

/// `"7"`, quotes included.
[[nodiscard]] std::string etag(std::int64_t version);

/// Before PUT, PATCH and DELETE: `version_mismatch` (412) where If-Match names other versions than `current`. Without
/// If-Match everything passes; `*` matches any version; a tag weakened by a proxy (`W/"7"`) still counts.
[[nodiscard]] Result<Done> check_if_match(const http::RequestHead& head, std::int64_t current);

/// Whether If-None-Match names `current`: answer a GET with http::Response(304) and the ETag then.
[[nodiscard]] bool matches_if_none_match(const http::RequestHead& head, std::int64_t current);

}  // namespace winnow::api
