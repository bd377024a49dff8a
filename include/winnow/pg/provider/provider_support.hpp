#pragma once

/// @file
/// ports::ProviderSupport on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/support/provider_support.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_provider. Blocking.
[[nodiscard]] std::unique_ptr<ports::ProviderSupport> make_provider_support(const Sessions& sessions);

}  // namespace winnow::pg
