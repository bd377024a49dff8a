#pragma once

/// @file
/// How long what a provider tells of itself is kept. Pure.

#include <chrono>
#include <string_view>

namespace winnow::oidc {

inline constexpr std::chrono::milliseconds kMetadataFor = std::chrono::hours{1};
inline constexpr std::chrono::milliseconds kKeysForAtLeast = std::chrono::minutes{5};
inline constexpr std::chrono::milliseconds kKeysForAtMost = std::chrono::days{1};
inline constexpr std::chrono::milliseconds kKeysFor = std::chrono::hours{1};  ///< Where the provider does not say.
/// While the provider is away; never where it is there and says something else.
inline constexpr std::chrono::milliseconds kStaleFor = std::chrono::days{1};
/// How often an unknown key makes us ask anew, and a provider that is away is tried.
inline constexpr std::chrono::milliseconds kAskEvery = std::chrono::minutes{1};
/// And one of which nothing is known so far: strangers cannot have it asked for each of their requests.
inline constexpr std::chrono::milliseconds kAskAgain = std::chrono::seconds{5};

/// Of a header's `max-age`, within the bounds; what is malformed says nothing.
[[nodiscard]] std::chrono::milliseconds keys_for(std::string_view cache_control) noexcept;

}  // namespace winnow::oidc
