#pragma once

/// @file
/// Links that are mailed: which page they lead to, with the token behind '#', where no server, proxy or referrer sees
/// it.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::signin {

/// What a token is good for. Stored by name (one_time_tokens.purpose): never rename one.
enum class LinkPurpose : std::uint8_t {
    invitation,
    reset,         ///< Of the password.
    email_change,  ///< To the new address: confirms it.
    email_stop,    ///< To the old address: stops the change.
    mfa_reset,
};
[[nodiscard]] std::string_view to_string(LinkPurpose purpose) noexcept;

/// How long it is good for.
[[nodiscard]] std::chrono::milliseconds life_of(LinkPurpose purpose) noexcept;

/// "https://PUBLIC/accept#t=TOKEN". @param public_url  The service's own, never what a request says; with or without a
/// slash at its end.
[[nodiscard]] std::string link_text(std::string_view public_url, LinkPurpose purpose, std::string_view token);

}  // namespace winnow::signin
