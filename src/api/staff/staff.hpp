#pragma once

/// @file
/// The provider's staff: /admin/v1/provider-users and /admin/v1/auth.

#include "winnow/api/staff_parts.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/http/message.hpp"

#include <functional>
#include <optional>
#include <string>

namespace winnow::api {

/// The SHA-256 of the session's token that a request shows; nullopt: it shows none that could be one.
[[nodiscard]] std::optional<std::string> staff_session_hash(const http::RequestHead& head);

/// What a session must be refused with, if anything: who is "support" reads, and answers inquiries.
/// @param works  Whether the operation is one of those that support does although it changes something.
[[nodiscard]] std::optional<Error> staff_refusal(const ports::StaffSession& session, const http::RequestHead& head,
                                                 bool works);

/// Each blocks: on the store, and on the hasher. `new_id` gives version 7 ids. What gives a token to enrol with takes
/// the provider's own credential.
[[nodiscard]] Result<http::Response> create_staff(const http::Request& request, const StaffParts& parts,
                                                  const std::function<Uuid()>& new_id);
[[nodiscard]] Result<http::Response> list_staff(const http::Request& request, const StaffParts& parts);
[[nodiscard]] Result<http::Response> reset_staff(StaffId id, const http::Request& request, const StaffParts& parts);
[[nodiscard]] Result<http::Response> disable_staff(StaffId id, const http::Request& request, const StaffParts& parts);

/// POST {"token", "password"}: what one-time codes are made of, shown this once.
[[nodiscard]] Result<http::Response> enrol_staff(const http::Request& request, const StaffParts& parts);
/// POST {"token", "code"}.
[[nodiscard]] Result<http::Response> confirm_staff(const http::Request& request, const StaffParts& parts);
/// POST {"email", "password", "code"}: a session's token. One answer to all that is wrong.
[[nodiscard]] Result<http::Response> sign_in_staff(const http::Request& request, const StaffParts& parts,
                                                   const std::function<Uuid()>& new_id);
[[nodiscard]] Result<http::Response> sign_out_staff(const http::Request& request, const StaffParts& parts);

}  // namespace winnow::api
