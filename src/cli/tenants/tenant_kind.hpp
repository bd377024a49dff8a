#pragma once

/// @file
/// What commands call a tenant by.

#include "cli/rest/named_items.hpp"

namespace winnow::cli {

inline const Kind kTenantKind{.noun = "tenant",
                              .path = "/admin/v1/tenants",
                              .lists = "winnow tenant list",
                              .has_names = true,
                              .name = "service_code"};

}  // namespace winnow::cli
