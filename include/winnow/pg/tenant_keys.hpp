#pragma once

/// @file
/// When secrets begin to be sealed under tenants' keys (migration 0045).

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/pg/sessions.hpp"

#include <functional>
#include <string>
#include <vector>

namespace winnow::pg {

/// True from the moment on in which every node at work is one of `with_vault`; it stays so. As the role
/// winnow_pipeline. Blocking; thread-safe.
[[nodiscard]] std::function<Result<bool>(const std::vector<std::string>& with_vault)> begins_tenant_keys(
    const Sessions& sessions);

/// Whether something of a tenant is sealed under none of its keys: the key of before there was a vault opens it. As the
/// role winnow_pipeline. Blocking; thread-safe.
[[nodiscard]] std::function<Result<bool>(TenantId tenant)> finds_older_secrets(const Sessions& sessions);

/// For a node without a vault. `conflict`: there is one, and secrets are sealed under its keys. As the role
/// winnow_pipeline, on a migrated database.
[[nodiscard]] Result<Done> check_needs_no_vault(const std::string& conninfo);

}  // namespace winnow::pg
