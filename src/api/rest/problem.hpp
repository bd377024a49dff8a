#pragma once

/// @file
/// RFC 9457 problem documents: the only place that maps an ErrorCode to an HTTP status.

#include "winnow/base/error.hpp"
#include "winnow/http/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// The media type of every error on the REST surface.
inline constexpr std::string_view kProblemType = "application/problem+json";

/// Field codes that mean "the document cannot be read at all" (status 400 instead of 422).
inline constexpr std::string_view kMalformedBody = "malformed_body";
/// The same from intake, about alerts.
inline constexpr std::string_view kMalformedJson = "malformed_json";
/// The field code of a change that would leave a tenant without an active admin (status 409).
inline constexpr std::string_view kLastAdmin = "last_admin";
/// The field code of a bad query parameter (status 400).
inline constexpr std::string_view kInvalidParameter = "invalid_parameter";

/// Status and stable `code` (docs/openapi.yaml, Problem) of an Error.
///
/// invalid_argument: 422 `invalid_field` where it names fields, 400 where it names none (`invalid_request`), or where
/// the first one's code is `malformed_body`, `malformed_json` or `invalid_parameter`. 409 where that is `last_admin`.
struct ProblemKind {
    int status;
    std::string code;
};
[[nodiscard]] ProblemKind kind_of(const Error& error);

/// An error's message; of one that names fields, with the first one's pointer before it: "/labels/env must be …".
[[nodiscard]] std::string explained(const Error& error);

/// The most of an answer that says what was wrong, whatever came in: errors, and the bytes of each pointer and text.
inline constexpr std::size_t kMostErrors = 100;
inline constexpr std::size_t kMostPointerBytes = 512;
inline constexpr std::size_t kMostDetailBytes = 2'048;

/// `text` cut to `max_bytes`, an ellipsis at its end.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t max_bytes);

/// The problem document of an Error; of more than kMostErrors the last only counts the rest (`more`). 401 carries
/// WWW-Authenticate, 429 and 503 carry Retry-After. The message of an `internal` error is replaced: log it, never show
/// it.
/// @param instance  What the error happened to, "" to leave the member out; CustomerApi passes the request id's URN.
[[nodiscard]] http::Response problem(const Error& error, std::string_view instance = {});

/// A problem with a status and code of the caller's choice: `problem(405, "method_not_allowed", "…")`.
[[nodiscard]] http::Response problem(int status, std::string_view code, std::string_view detail,
                                     const std::vector<FieldError>& errors = {}, std::string_view instance = {});

/// What every refusal carries: WWW-Authenticate with 401, Retry-After with 429 and 503.
void add_headers_of_status(http::Response& response);

/// "urn:winnow:request:<id>".
[[nodiscard]] std::string instance_of(std::string_view request_id);

/// A bad query parameter.
[[nodiscard]] Error query_error(std::string_view parameter, std::string_view detail);

}  // namespace winnow::api
