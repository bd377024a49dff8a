#pragma once

/// @file
/// What a webhook call carries: Standard Webhooks headers around the payload as it is. Pure. Private to delivery.

#include "winnow/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::delivery {

/// The signing key inside "whsec_<base64>". `internal` where the secret is not one.
[[nodiscard]] Result<std::string> signing_key(std::string_view secret);

/// "v1,<base64 of HMAC-SHA256(key, "<id>.<timestamp>.<body>")>".
[[nodiscard]] std::string signature(std::string_view key, std::string_view id, std::chrono::sys_seconds now,
                                    std::string_view body);

/// Header lines, without line ends, of the attempt that is made at `now`.
[[nodiscard]] std::vector<std::string> webhook_headers(std::string_view key, std::string_view id,
                                                       std::chrono::sys_seconds now, std::string_view body);

}  // namespace winnow::delivery
