#pragma once

/// @file
/// Errors under /am: Alertmanager's clients read a bare JSON string where all others read a problem document. Pure.

#include "winnow/base/error.hpp"
#include "winnow/http/message.hpp"

#include <string_view>

namespace winnow::api {

/// "/am", "/am/…", and the same behind "/i/{token}".
[[nodiscard]] bool is_alertmanager_path(std::string_view path) noexcept;

/// The JSON string. 401 carries WWW-Authenticate, 429 and 503 carry Retry-After.
[[nodiscard]] http::Response bare_error(int status, std::string_view detail);

/// An error in the form that clients of `path` read.
[[nodiscard]] http::Response error_at(std::string_view path, const Error& error, std::string_view request_id);
[[nodiscard]] http::Response error_at(std::string_view path, int status, std::string_view code, std::string_view detail,
                                      std::string_view request_id);

}  // namespace winnow::api
