#pragma once

/// @file
/// How a transaction of the role winnow_api is put on a tenant (docs/decisions/proven-tenants.md). Private to pg.

#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/key.hpp"
#include "winnow/access/groups.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"

#include <chrono>
#include <memory>

namespace winnow::pg {

/// Row-level security believes who proves with the database's key that this transaction is about a tenant, and narrowed
/// to these of its management groups (docs/decisions/management-groups.md). The key is
/// read when first needed, and again where a proof was refused: then it was renewed, or the database is another one.
/// However many threads need it then, they wait for one read (TenantKey). Thread-safe.
class TenantProofs {
public:
    struct Terms {
        std::chrono::milliseconds statement_timeout{0};  ///< Of each statement; 0: what the session has.
        bool reads_only = false;     ///< Statements see one moment, and may not write. Else each sees its own.
        access::Groups groups = {};  ///< That it is narrowed to; null: to none.
    };

    /// `keys` are of the role winnow_pipeline: winnow_api, whose statements the proof is about, cannot read the key.
    explicit TenantProofs(const Sessions& keys);

    /// An open transaction of `tenant`.
    /// `unavailable` where the key cannot be read. Throws what libpqxx throws: without a proof that holds it does not
    /// begin.
    [[nodiscard]] Result<std::unique_ptr<Transaction>> begin(Session& session, TenantId tenant, const Terms& terms);
    [[nodiscard]] Result<std::unique_ptr<Transaction>> begin(Session& session, TenantId tenant)
    {
        return begin(session, tenant, Terms{});
    }

private:
    const Sessions sessions_;
    TenantKey key_;  // reads by a session
};

}  // namespace winnow::pg
