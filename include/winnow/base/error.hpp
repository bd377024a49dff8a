#pragma once

/// @file
/// The one error type that crosses module boundaries.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

/// What went wrong, in terms a caller can act on. Transport-neutral:
/// src/api/rest/problem.cpp is the only place that maps a code to an HTTP status.
enum class ErrorCode : std::uint8_t {
    invalid_argument,   ///< The input can never succeed as sent. Do not retry.
    unauthenticated,    ///< No credential, or one we do not know.
    permission_denied,  ///< A known caller who may not do this.
    not_found,          ///< No such object *for this tenant*.
    conflict,           ///< Lost a race or violated uniqueness. Re-read, then retry.
    version_mismatch,   ///< If-Match named another version than the current one. Re-read, then retry.
    too_large,          ///< A documented size limit was exceeded.
    rate_limited,       ///< The tenant's quota is spent. Retry later.
    unavailable,        ///< A dependency is down or a queue is full. Retry later.
    timeout,            ///< The deadline passed; the outcome may be unknown.
    internal,           ///< A bug on our side. Details go to the log only.
};

/// Stable lower-case name, used in JSON bodies, logs and metric labels.
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// True when repeating the same request later can succeed.
[[nodiscard]] bool is_retryable(ErrorCode code) noexcept;

/// One broken field of an input: where (JSON Pointer, RFC 6901), which rule, and what to do about it.
struct FieldError {
    std::string pointer;                 ///< "" is the whole document, "/labels/env" a member.
    std::string code = "invalid_field";  ///< Stable, lower case; see docs/openapi.yaml.
    std::string detail;                  ///< One sentence that names the fix; safe to show to the tenant.

    friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// An error with a message that is safe to show to the tenant.
///
/// Never put SQL, host names or secrets in `message()`; log those instead.
/// Not an aggregate on purpose: temporaries of it travel through coroutines (docs/coroutines.md).
class Error {
public:
    Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

    /// An `invalid_argument` that names its fields. `fields` must not be empty.
    explicit Error(std::vector<FieldError> fields)
        : code_(ErrorCode::invalid_argument), message_(fields.front().detail), fields_(std::move(fields))
    {
    }

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] const std::vector<FieldError>& fields() const noexcept { return fields_; }

    friend bool operator==(const Error&, const Error&) = default;

private:
    ErrorCode code_;
    std::string message_;
    std::vector<FieldError> fields_;
};

/// An `invalid_argument` about one field.
[[nodiscard]] Error field_error(std::string pointer, std::string detail);

}  // namespace winnow
