#pragma once

/// @file
/// ports::CredentialStore and ports::CredentialUseStore on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/credential_store.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_api, on `options.connections` threads of its own: a look-up never waits behind a query.
[[nodiscard]] std::unique_ptr<ports::CredentialStore> make_credential_store(const PgOptions& options);

/// As the role winnow_pipeline.
[[nodiscard]] std::unique_ptr<ports::CredentialUseStore> make_credential_use_store(const Sessions& sessions);

}  // namespace winnow::pg
