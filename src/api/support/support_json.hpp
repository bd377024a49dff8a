#pragma once

/// @file
/// Support grants as JSON, whoever reads them.

#include "winnow/access/support_grant.hpp"

#include <nlohmann/json.hpp>

namespace winnow::api {

/// People by their ids: their names are the provider's.
[[nodiscard]] nlohmann::json support_grant_json(const access::SupportGrant& grant);

}  // namespace winnow::api
