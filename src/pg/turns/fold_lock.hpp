#pragma once

/// @file
/// One fold of a tenant at a time, on whatever node: two that open the same key at once would collide. Private to pg.

#include "pg/rows/values.hpp"
#include "winnow/base/error.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace winnow::pg {

inline constexpr std::int32_t kFoldLockClass = 0x574E4644;

/// Held until the transaction ends; false at once where somebody else has it.
[[nodiscard]] inline bool try_lock_folding(pqxx::transaction_base& tx, TenantId tenant)
{
    return query(tx, "select pg_try_advisory_xact_lock($1::int4, hashtext($2))", kFoldLockClass, tenant)[0][0]
        .as<bool>();
}

/// As above. Where somebody else has it this waits for a moment, in which a fold on another node ends, and then throws
/// what to_error() calls a `conflict`: the caller's other tenants do not wait any longer for this one. Later locks of
/// the transaction wait as they would without it.
inline void lock_folding(pqxx::transaction_base& tx, TenantId tenant)
{
    if (try_lock_folding(tx, tenant)) return;
    tx.exec("set local lock_timeout = '200ms'");
    query(tx, "select pg_advisory_xact_lock($1::int4, hashtext($2))", kFoldLockClass, tenant);
    tx.exec("set local lock_timeout to default");  // the session's
}

/// As above, for work that can be done another time: false where somebody else holds it. With `patience` it waits so
/// long, and then throws likewise. From here on the transaction waits no longer than that, or a tenth of a second, for
/// any other lock either, tickets that a request has locked among them.
[[nodiscard]] inline bool lock_folding_patiently(pqxx::transaction_base& tx, TenantId tenant,
                                                 std::chrono::milliseconds patience)
{
    constexpr std::chrono::milliseconds kForRows{100};
    query(tx, "select set_config('lock_timeout', $1, true)", std::max(patience, kForRows).count());
    if (patience.count() == 0) return try_lock_folding(tx, tenant);
    query(tx, "select pg_advisory_xact_lock($1::int4, hashtext($2))", kFoldLockClass, tenant);
    return true;
}

/// What a call says that did not get it.
inline Error being_folded()
{
    return {ErrorCode::conflict, "somebody else is folding the tenant"};
}

}  // namespace winnow::pg
