#pragma once

/// @file
/// Where a request carries its key.

#include "winnow/http/message.hpp"

#include <string>
#include <string_view>

namespace winnow::api {

/// The key of a request: the path's token where there is one, else Authorization (Bearer, or the password of Basic),
/// else X-Api-Key. "" where there is none or it is malformed. Pure.
[[nodiscard]] std::string credential_of(const http::RequestHead& head, std::string_view path_token);

}  // namespace winnow::api
