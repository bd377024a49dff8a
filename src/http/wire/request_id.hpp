#pragma once

/// @file
/// Names of requests, for logs and answers.

#include <string>
#include <string_view>

namespace winnow::http {

/// 1 to 128 of [A-Za-z0-9._-].
[[nodiscard]] bool is_sane_request_id(std::string_view text) noexcept;

/// A UUID (version 7), drawn but for its milliseconds: it tells nothing of those before and after it.
[[nodiscard]] std::string fresh_request_id();

}  // namespace winnow::http
