#pragma once

/// @file
/// Where a request carries its key, and what is said of one that does not do.

#include "api/rest/route.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/base/error.hpp"
#include "winnow/http/message.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/identity/request_signature.hpp"
#include "winnow/intake/sender.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

/// What a request shows of who it is.
struct Shown {
    std::string secret;                                   ///< A key, or a session's token.
    bool is_session = false;                              ///< A cookie holds it.
    std::optional<identity::SignedRequest> request = {};  ///< In place of a secret: it is signed with one.
};

/// identity::Authenticator's answer to it.
void authenticate(identity::Authenticator& authenticator, const Shown& shown,
                  std::move_only_function<void(Result<access::Principal>)> done,
                  const std::function<bool()>& may_ask = {});

/// The key of a request: the path's token where there is one, else Authorization (Bearer, the password of Basic, or
/// one of the sender's own schemes), else X-Api-Key, else one of the sender's own query parameters. "" where there is
/// none or it is malformed. Pure.
[[nodiscard]] std::string credential_of(const http::RequestHead& head, std::string_view path_token,
                                        const intake::Sender* sender = nullptr);

/// Whether Authorization and X-Api-Key hold different ones, so that nobody can tell which is meant. Pure.
[[nodiscard]] bool shows_two_keys(const http::RequestHead& head, const intake::Sender* sender = nullptr);

/// Why a key that was verified may not do this: not the same as a wrong one.
[[nodiscard]] std::string why_forbidden(const access::Principal& who, access::Permission needed);

/// The same of a route, which may also tell of all of a tenant (Route::is_whole); nullopt: it may.
[[nodiscard]] std::optional<std::string> why_not_asked(const access::Principal& who, const Route& route);

/// Why a key that was verified may not be used from there: what is out_of_place() about it.
[[nodiscard]] std::string why_not_from(const access::Principal& who, std::string_view address);

/// `unauthenticated`, with what a client may tell apart without learning anything about keys that are not its own.
[[nodiscard]] Error unauthenticated(const Shown& shown, const http::RequestHead& head);

}  // namespace winnow::api
