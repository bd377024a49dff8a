#include "winnow/base/error.hpp"

namespace winnow {

std::string_view to_string(ErrorCode code) noexcept
{
    switch (code) {
        case ErrorCode::invalid_argument: return "invalid_argument";
        case ErrorCode::unauthenticated: return "unauthenticated";
        case ErrorCode::permission_denied: return "permission_denied";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::version_mismatch: return "version_mismatch";
        case ErrorCode::too_large: return "too_large";
        case ErrorCode::rate_limited: return "rate_limited";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::timeout: return "timeout";
        case ErrorCode::internal: return "internal";
    }
    return "internal";
}

bool is_retryable(ErrorCode code) noexcept
{
    return code == ErrorCode::conflict || code == ErrorCode::rate_limited || code == ErrorCode::unavailable ||
           code == ErrorCode::timeout;
}

Error field_error(std::string pointer, std::string detail)
{
    std::vector<FieldError> fields(1);
    fields.front().pointer = std::move(pointer);
    fields.front().detail = std::move(detail);
    return Error(std::move(fields));
}

}  // namespace winnow
