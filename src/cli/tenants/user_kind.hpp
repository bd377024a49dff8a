#pragma once

/// @file
/// What users are to people: each is found by its mail address.

#include "cli/rest/named_items.hpp"

namespace winnow::cli {

inline const Kind kUserKind{
    .noun = "user", .path = "/api/v1/users", .lists = "winnow user list", .has_names = true, .name = "email"};

}  // namespace winnow::cli
