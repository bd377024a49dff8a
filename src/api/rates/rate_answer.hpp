#pragma once

/// @file
/// What a client is told of its rate: the fields of draft-ietf-httpapi-ratelimit-headers-10, and the refusal in each
/// sender's own form. Written by hand: it must cost next to nothing. Pure.

#include "api/rates/rates.hpp"
#include "winnow/http/message.hpp"

#include <string>
#include <string_view>

namespace winnow::api {

/// `RateLimit-Policy: "ingest";q=30000;w=6` and `RateLimit: "ingest";r=29120;t=1`: what may come at once and in how
/// long that much comes again, what is left of it, and seconds until it is whole.
void show_standing(http::Response& response, const Standing& standing);

/// How a refusal is written.
enum class RefusalForm : std::uint8_t {
    problem,      ///< 429, a problem document.
    problem_503,  ///< 503: its sender gives up on 429.
    bare,         ///< 429, a JSON string.
    bare_503,
};

/// With Retry-After and show_standing().
[[nodiscard]] http::Response rate_refusal(const Standing& refused, RefusalForm form, std::string_view request_id);

}  // namespace winnow::api
