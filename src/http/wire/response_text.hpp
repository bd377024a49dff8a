#pragma once

/// @file
/// Responses as bytes. Pure.

#include "winnow/http/message.hpp"

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

namespace winnow::http {

/// "Mon, 23 Nov 2026 06:00:00 GMT" (RFC 9110 §5.6.7).
[[nodiscard]] std::string http_date(std::time_t instant);

struct ResponseContext {
    std::string_view date = "";
    std::string_view request_id = "";
    bool is_head_request = false;
    bool keep_alive = true;
    bool http_1_0 = false;
};

/// A longer body is sent from where it is: the loop, which is everybody's, does not copy megabytes. A shorter one
/// leaves with its head, in one record of TLS mostly.
inline constexpr std::size_t kMostJoinedBytes = 16'384;

/// Appends the head to `out`, and returns the body that is to be sent behind it: a view into `response`, empty where
/// there is none, or where it is a source; see sends_body(). The head of a source has the framing that its pieces need,
/// chunks or, for HTTP/1.0, none; that connection may not be kept alive. The server's own headers (Date,
/// Content-Length, Connection, X-Request-Id, Server, Transfer-Encoding) are not taken from the response; a header that
/// is not well-formed is left out, so that no value can start another header.
[[nodiscard]] std::string_view append_head(std::string& out, const Response& response, const ResponseContext& context);

/// Whether bytes of a body follow the head: text, or what a source is asked for.
[[nodiscard]] bool sends_body(const Response& response, const ResponseContext& context) noexcept;

/// Head and text; of a source the head.
void append_response(std::string& out, const Response& response, const ResponseContext& context);

}  // namespace winnow::http
