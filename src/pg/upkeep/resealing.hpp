#pragma once

/// @file
/// Secrets that an older key than the current one of their tenant seals, or none of its own, are sealed anew; and a
/// version under which nothing is sealed is destroyed once its time is over. Private to pg.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/time/chores.hpp"
#include "winnow/ports/vault/key_store.hpp"

#include <cstddef>
#include <deque>

namespace winnow::pg {

/// One thread's.
class Resealing {
public:
    explicit Resealing(const VaultChores& vault) : vault_(vault) {}

    /// At most 500 rows of one tenant and table, which nobody changes just now. A row that does not open stays as it is
    /// and counts as failed.
    [[nodiscard]] Result<ports::ChoreStep> step(const Sessions& pool);

private:
    /// All of a tenant below a version is to be sealed anew, one table after the other.
    struct Job {
        ports::TenantVersion below;
        std::size_t table = 0;
        bool found = false;  ///< Something that was.
    };
    struct Batch {
        ports::ChoreStep done;
        std::size_t seen = 0;
        bool nothing_left = false;
        Uuid last;
    };

    [[nodiscard]] Result<Done> fill(const Sessions& pool);
    [[nodiscard]] Result<Batch> batch(Session& session, const Job& job);

    const VaultChores vault_;
    std::deque<Job> jobs_;
    Uuid after_;  ///< Of the first job's table.
    TenantId after_without_key_;
    TenantId after_older_;
};

/// Of versions whose time is over, those under which nothing is sealed; what is sealed under another one is sealed
/// anew.
[[nodiscard]] Result<ports::ChoreStep> destroy_keys(const Sessions& pool, const VaultChores& vault);

}  // namespace winnow::pg
