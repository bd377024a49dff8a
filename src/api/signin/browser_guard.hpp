#pragma once

/// @file
/// Whether a request that a browser brings was meant by our own pages: fetch metadata, and what no form can send. Pure.

#include "winnow/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

/// "https://host[:port]" of a URL; "" where it is none.
[[nodiscard]] std::string origin_of(std::string_view url);

/// Why a request that may change something is refused (403 `cross_site`), in words for who wrote the client; nullopt:
/// it is not. Sec-Fetch-Site says "same-origin", or, where a browser does not say, Origin is ours; Winnow-CSRF is 1,
/// which other origins can only send after asking, and nobody is allowed to; and what it holds is JSON.
/// @param origin  Our own.
[[nodiscard]] std::optional<std::string> cross_site(const http::RequestHead& head, std::string_view origin);

/// Whether a method may change anything.
[[nodiscard]] bool is_unsafe(std::string_view method) noexcept;

}  // namespace winnow::api
