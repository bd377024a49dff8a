#pragma once

/// @file
/// Where a request carries its key.

#include "winnow/http/message.hpp"
#include "winnow/intake/sender.hpp"

#include <string>
#include <string_view>

namespace winnow::api {

/// The key of a request: the path's token where there is one, else Authorization (Bearer, the password of Basic, or
/// one of the sender's own schemes), else X-Api-Key, else one of the sender's own query parameters. "" where there is
/// none or it is malformed. Pure.
[[nodiscard]] std::string credential_of(const http::RequestHead& head, std::string_view path_token,
                                        const intake::Sender* sender = nullptr);

}  // namespace winnow::api
