#include "api/rest/credential.hpp"

#include "winnow/crypto/digest.hpp"

#include <algorithm>

namespace winnow::api {

namespace {

/// What follows the scheme, which is named in any case.
std::string_view after_scheme(std::string_view header, std::string_view scheme)
{
    if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return "";
    const bool same = std::ranges::equal(header.substr(0, scheme.size()), scheme, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
    if (!same) return "";
    auto rest = header.substr(scheme.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    return rest;
}

}  // namespace

std::string credential_of(const http::RequestHead& head, std::string_view path_token)
{
    if (!path_token.empty()) return std::string(path_token);
    const auto authorization = head.header("Authorization");
    if (const auto token = after_scheme(authorization, "bearer"); !token.empty()) return std::string(token);
    if (const auto encoded = after_scheme(authorization, "basic"); !encoded.empty()) {
        std::string decoded;
        if (!crypto::from_base64(encoded, decoded)) return "";
        const auto colon = decoded.find(':');
        return colon == std::string::npos ? "" : decoded.substr(colon + 1);
    }
    return std::string(head.header("X-Api-Key"));
}

}  // namespace winnow::api
