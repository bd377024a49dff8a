#pragma once

/// @file
/// What providers of sign-ins are to people: each is found by its name.

#include "cli/rest/named_items.hpp"

namespace winnow::cli {

inline const Kind kOidcProviderKind{.noun = "provider of sign-ins",
                                    .path = "/api/v1/oidc-providers",
                                    .lists = "winnow oidc-provider list",
                                    .has_names = true};

}  // namespace winnow::cli
