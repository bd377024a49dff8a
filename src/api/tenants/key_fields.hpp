#pragma once

/// @file
/// What keys of users and of integrations have in common, as requests and answers hold it. Pure.

#include "api/rest/json_body.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/base/network.hpp"
#include "winnow/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {

/// Of one key.
inline constexpr std::size_t kMaxKeyNetworks = 20;

/// How long a key of a user lives where nobody says it, and at most.
inline constexpr std::chrono::days kUsualKeyLife{90};
inline constexpr std::chrono::days kLongestKeyLife{366};

/// `networks`: CIDR prefixes or addresses, IPv4-mapped ones as the IPv4 ones that they stand for; nullopt where the
/// field is absent: everywhere. Errors name the item and say what would be right.
[[nodiscard]] std::optional<std::vector<Network>> read_networks(FieldReader& fields);
/// The same of a key that opens what its user, or a directory, may: where the key with which it is made has networks,
/// it has these, or some of them.
[[nodiscard]] std::optional<std::vector<Network>> read_key_networks(FieldReader& fields, const access::Principal& by);
/// The same of a field of another name, with `most` of them, which may be empty.
[[nodiscard]] std::optional<std::vector<Network>> read_networks(FieldReader& fields, std::string_view name,
                                                                std::size_t most);
/// An array, or null: everywhere.
[[nodiscard]] nlohmann::json networks_json(const std::optional<std::vector<Network>>& networks);

/// `scopes`: names of permissions that a key can be limited to; nullopt where the field is absent: all that its user
/// may. Errors name the item, and the scope that was meant or all that there are.
[[nodiscard]] std::optional<access::PermissionSet> read_scopes(FieldReader& fields);
/// An array in the order of the permissions, or null: all.
[[nodiscard]] nlohmann::json scopes_json(const std::optional<access::PermissionSet>& scopes);

/// `expires_at`: kUsualKeyLife from now where it is absent.
[[nodiscard]] Timestamp read_expiry(FieldReader& fields, Timestamp now);

/// The first of `scopes` that a user of the role does not have; nullopt: it has them all.
[[nodiscard]] std::optional<access::Permission> beyond_role(const std::optional<access::PermissionSet>& scopes,
                                                            access::Role role);

/// A text, or null for "".
[[nodiscard]] nlohmann::json text_or_null(const std::string& text);

/// A key that is limited sees what it is (GET /me), and nothing else of its user's: not the keys, sessions and factors.
[[nodiscard]] Result<Done> is_not_limited(const access::Principal& who);

}  // namespace winnow::api
