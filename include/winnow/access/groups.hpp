#pragma once

/// @file
/// To which management groups a caller is narrowed. Pure.

#include "winnow/base/uuid.hpp"

#include <memory>
#include <string>
#include <vector>

namespace winnow::access {

/// Null: to none, all of the tenant is seen. Else what belongs to these, or to no group; none at all, where it is
/// empty.
using Groups = std::shared_ptr<const std::vector<ManagementGroupId>>;

/// Of a user and a key of that user: what both allow. Sorted, each once.
[[nodiscard]] Groups both_of(const Groups& user, const Groups& key);

/// Sorted, each once.
[[nodiscard]] Groups groups_of(std::vector<ManagementGroupId> ids);

[[nodiscard]] bool same_groups(const Groups& a, const Groups& b) noexcept;

/// As PostgreSQL reads an array of uuid, "{…}"; "*" for who is not narrowed.
[[nodiscard]] std::string said(const Groups& groups);

}  // namespace winnow::access
