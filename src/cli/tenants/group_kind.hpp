#pragma once

/// @file
/// What management groups are to people.

#include "cli/rest/named_items.hpp"

namespace winnow::cli {

inline const Kind kGroupKind{
    .noun = "management group", .path = "/api/v1/management-groups", .lists = "winnow group list", .has_names = true};

}  // namespace winnow::cli
