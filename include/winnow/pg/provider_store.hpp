#pragma once

/// @file
/// ports::ProviderStore on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/credential_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_provider. Blocking.
[[nodiscard]] std::unique_ptr<ports::ProviderStore> make_provider_store(PgOptions options);

}  // namespace winnow::pg
