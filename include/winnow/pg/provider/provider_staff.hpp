#pragma once

/// @file
/// ports::ProviderStaff on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/staff/provider_staff.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_provider. Blocking.
[[nodiscard]] std::unique_ptr<ports::ProviderStaff> make_provider_staff(const Sessions& sessions);

}  // namespace winnow::pg
