#pragma once

/// @file
/// Refusals in the form that whoever asked reads: a sender's own, or a problem document. Pure.

#include "api/rest/rate_answer.hpp"
#include "winnow/base/error.hpp"
#include "winnow/http/message.hpp"
#include "winnow/intake/sender.hpp"

#include <string>
#include <string_view>

namespace winnow::api {

/// A sender's path, as requests on their way carry it. Both are rows of intake's table, and static.
struct SenderRoute {
    const intake::Sender* sender = nullptr;    ///< Null: refusals are problem documents.
    const intake::SenderPath* path = nullptr;  ///< Null: nobody sends alerts there.
};

/// An answer as http has it.
[[nodiscard]] http::Response response_of(intake::Reply reply);

/// An error as the readers of `sender`'s answers take it; of none's: a problem document. 401 carries WWW-Authenticate,
/// 429 and 503 carry Retry-After.
[[nodiscard]] http::Response refusal(const intake::Sender* sender, const Error& error, std::string_view request_id);
[[nodiscard]] http::Response refusal(const intake::Sender* sender, int status, std::string_view code,
                                     std::string_view detail, std::string_view request_id);

/// An error about alerts: with the statuses that this path's senders come again for.
[[nodiscard]] http::Response refusal(const SenderRoute& at, const Error& error, std::string_view request_id);

/// The form that a path beyond its rate is refused in.
[[nodiscard]] RefusalForm rate_form(const SenderRoute& at) noexcept;

/// Where there is no route: in the form of the sender whose root `path` is below.
[[nodiscard]] http::Response error_at(std::string_view path, const Error& error, std::string_view request_id);
[[nodiscard]] http::Response error_at(std::string_view path, int status, std::string_view code, std::string_view detail,
                                      std::string_view request_id);

/// An error that is answered 415.
[[nodiscard]] Error unsupported_content(std::string detail);
[[nodiscard]] bool is_unsupported(const Error& error);

}  // namespace winnow::api
