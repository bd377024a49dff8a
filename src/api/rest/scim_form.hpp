#pragma once

/// @file
/// Refusals as clients of SCIM read them (RFC 7644 §3.12).

#include "winnow/intake/sender.hpp"

#include <string_view>

namespace winnow::api {

inline constexpr std::string_view kScimType = "application/scim+json";

/// Whether `path` is /scim or below it.
[[nodiscard]] bool is_scim(std::string_view path) noexcept;

/// What routes of SCIM name as their sender, for its form of refusals: it sends no alerts. Static.
[[nodiscard]] const intake::Sender& scim_form() noexcept;

}  // namespace winnow::api
