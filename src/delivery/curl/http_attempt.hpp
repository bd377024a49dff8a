#pragma once

/// @file
/// A message as one POST, through the egress guard. Private to delivery.

#include "delivery/curl/attempt.hpp"
#include "delivery/curl/tools.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::delivery {

struct HttpPost {
    std::string url;  ///< `https://…`, or `http://…` to where the operator allows it. Never logged, never told.
    std::string body;

    /// Header lines, without line ends, of the attempt that is made at `now`. Called on the channel's thread.
    std::function<std::vector<std::string>(std::chrono::sys_seconds now, std::string_view body)> headers;

    /// What a final status means.
    ports::SendReport (*judge)(int status, std::string_view retry_after, std::chrono::sys_seconds now) = nullptr;
};

[[nodiscard]] std::unique_ptr<Attempt> make_http_attempt(HttpPost post, const Tools& tools);

}  // namespace winnow::delivery
