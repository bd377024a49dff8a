#pragma once

/// @file
/// An admin of a tenant whom the provider invites. Private to pg.

#include "winnow/base/result.hpp"
#include "winnow/ports/credential_store.hpp"

#include <pqxx/transaction_base>

namespace winnow::pg {

/// ports::ProviderStore::invite_admin(), in a transaction that is to be committed.
[[nodiscard]] Result<UserId> invite_admin(pqxx::transaction_base& tx, TenantId id,
                                          const ports::AdminInvitation& invitation, const ports::ProviderRequest& by);

}  // namespace winnow::pg
