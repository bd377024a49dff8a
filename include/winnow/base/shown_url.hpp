#pragma once

/// @file
/// URLs in messages.

#include <string>

namespace winnow {

/// What stands before the host may be a password, and is not shown.
inline std::string shown_url(const std::string& url)
{
    const auto scheme = url.find("://");
    const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
    const auto at = url.rfind('@');  // the last one of all: a password may hold any sign
    return at == std::string::npos || at < begin ? url : url.substr(0, begin) + "…" + url.substr(at);
}

}  // namespace winnow
