#pragma once

/// @file
/// One fold of a tenant at a time, on whatever node: two that open the same key at once would collide. Private to pg.

#include "pg/values.hpp"

#include <cstdint>

namespace winnow::pg {

/// Held until the transaction ends.
inline void lock_folding(pqxx::transaction_base& tx, TenantId tenant)
{
    constexpr std::int32_t kFoldLockClass = 0x574E4644;
    query(tx, "select pg_advisory_xact_lock($1::int4, hashtext($2))", kFoldLockClass, tenant);
}

}  // namespace winnow::pg
