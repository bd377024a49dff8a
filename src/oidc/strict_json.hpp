#pragma once

/// @file
/// JSON and base64url of others, read so that there is one way to understand them.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::oidc {

inline constexpr int kMaxDepth = 16;

/// An object with each member once, at every depth; nullopt: it is none.
[[nodiscard]] std::optional<nlohmann::json> read_object(std::string_view text, std::size_t most_bytes);

/// Null where the object has no such member.
[[nodiscard]] const nlohmann::json* member(const nlohmann::json& object, std::string_view name);

/// Of a member that is a string; nullopt where it is none, or not there.
[[nodiscard]] std::optional<std::string> text_member(const nlohmann::json& object, std::string_view name);

/// RFC 4648 §5, unpadded, and the only text of these bytes; nullopt: malformed.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace winnow::oidc
