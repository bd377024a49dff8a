#pragma once

/// @file
/// What Winnow says of its SCIM: what it can do, which resources there are, what a user is (RFC 7643 §5 to §7). Pure.

#include <nlohmann/json_fwd.hpp>

namespace winnow::api {

[[nodiscard]] nlohmann::json service_provider_config();
[[nodiscard]] nlohmann::json user_resource_type();
[[nodiscard]] nlohmann::json user_schema();

/// A ListResponse that holds all of `resources`, which is an array.
[[nodiscard]] nlohmann::json list_of(nlohmann::json resources);

}  // namespace winnow::api
