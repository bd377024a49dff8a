#pragma once

/// @file
/// What a client is told of its rate: the fields of draft-ietf-httpapi-ratelimit-headers-10, and the refusal in each
/// sender's own form. Written by hand: it must cost next to nothing. Pure.

#include "api/rates/rates.hpp"
#include "winnow/http/message.hpp"
#include "winnow/intake/sender.hpp"

#include <string>
#include <string_view>

namespace winnow::api {

/// `RateLimit-Policy: "ingest";q=30000;w=6` and `RateLimit: "ingest";r=29120;t=1`: what may come at once and in how
/// long that much comes again, what is left of it, and seconds until it is whole.
void show_standing(http::Response& response, const Standing& standing);

/// How a refusal is written.
struct RefusalForm {
    int status = 429;                 ///< Another where its sender gives up on that.
    intake::Refuse refuse = nullptr;  ///< Null: a problem document.
};

/// With Retry-After and show_standing().
[[nodiscard]] http::Response rate_refusal(const Standing& refused, const RefusalForm& form,
                                          std::string_view request_id);

}  // namespace winnow::api
