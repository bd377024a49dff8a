#pragma once

/// @file
/// Requests that are signed with an access key's secret (intake::Sender::is_signed), as HTTP brings them. Pure.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/http/message.hpp"
#include "winnow/identity/request_signature.hpp"

#include <cstdint>
#include <string_view>

namespace winnow::api {

/// Who says that he has signed this: by the Authorization header in REST style (below /uom/r/ that alone), else by the
/// query. `unauthenticated` where neither says so, or its time is not now; `invalid_argument` where it is not as it
/// must be.
[[nodiscard]] Result<identity::SignedRequest> signed_request(const http::RequestHead& head, Timestamp now);

/// Whether whoever signs must say what the body is.
enum class BodyDigest : std::uint8_t {
    optional,  ///< Senders that leave it out keep their code; a change of the body is then not seen.
    needed,
};

/// Whether a body is the one that was signed: by its Content-MD5 in REST style; in query style there is none.
/// `invalid_argument` where it is not, or where nothing of it was signed although it must.
[[nodiscard]] Result<Done> check_signed_body(const http::RequestHead& head, std::string_view body, BodyDigest digest);

/// Whether the body is called a form.
[[nodiscard]] bool is_form(const http::RequestHead& head);

/// Puts the form that is the body where the query is, which must be empty: what is signed, and what is read, is then
/// the same in both. `unsupported_content()` where it is packed.
[[nodiscard]] Result<Done> take_form(http::Request& request);

}  // namespace winnow::api
