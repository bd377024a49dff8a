#pragma once

/// @file
/// The two cookies of people's browsers. Both are bound to this host and TLS by their names' prefix, and no script sees
/// them. Pure.

#include "winnow/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

/// A session's token. It goes with no request that another site begins.
inline constexpr std::string_view kSessionCookie = "__Host-winnow";
/// Of a browser in which somebody has signed in fully before (crypto::DeviceCookies): it signs nobody in.
inline constexpr std::string_view kDeviceCookie = "__Host-winnow-device";

/// Of a login on its way to a provider and back, which another site's page leads to: it is Lax, and proves nothing but
/// that this browser began it.
inline constexpr std::string_view kLoginCookie = "__Host-winnow-oidc";

/// The value of a request's cookie; nullopt where it has none of that name.
[[nodiscard]] std::optional<std::string> cookie_of(const http::RequestHead& head, std::string_view name);

/// Whether it has more than one of that name: then it is not to be told which one is meant.
[[nodiscard]] bool is_ambiguous(const http::RequestHead& head, std::string_view name);

/// An answer to who shows a cookie is nobody else's, and in no cache.
void keep_private(http::Response& response);

/// A browser that is asked for Basic opens a window of its own; whoever signs in has a page. Of 401 only.
void ask_for_cookie(http::Response& response);
/// Whether a page asks: it shows a session, or its browser says whence the request comes.
[[nodiscard]] bool is_of_page(const http::RequestHead& head, bool shows_session);

// Each adds a Set-Cookie.
void set_session_cookie(http::Response& response, std::string_view token);
void clear_session_cookie(http::Response& response);
void set_device_cookie(http::Response& response, std::string_view value);
void set_login_cookie(http::Response& response, std::string_view value);  ///< For ten minutes.
void clear_login_cookie(http::Response& response);

}  // namespace winnow::api
