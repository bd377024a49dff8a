#pragma once

/// @file
/// What keys are limited to, as it stands in their rows. Private to pg.

#include "winnow/access/permission.hpp"
#include "winnow/base/network.hpp"

#include <pqxx/result>

#include <optional>
#include <string>
#include <vector>

namespace winnow::pg {

/// Of `array_to_string(scopes, ' ')`; nullopt for NULL. A name that this program does not know gives nothing.
[[nodiscard]] std::optional<access::PermissionSet> scopes_of(const pqxx::field& field);
/// For a `text[]`: in the order of the table.
[[nodiscard]] std::optional<std::string> scopes_literal(const std::optional<access::PermissionSet>& scopes);

/// Of `array_to_string(networks, ' ')`; nullopt for NULL.
[[nodiscard]] std::optional<std::vector<Network>> networks_of(const pqxx::field& field);
/// For a `cidr[]`.
[[nodiscard]] std::optional<std::string> networks_literal(const std::optional<std::vector<Network>>& networks);

/// The columns of source_networks, each by array_to_string(…, ' '). What cannot be read must not let everybody in:
/// throws std::runtime_error.
[[nodiscard]] access::SourceNetworks places_of(const pqxx::field& users, const pqxx::field& admins,
                                               const pqxx::field& keys);

}  // namespace winnow::pg
