#pragma once

/// @file
/// Secrets that an older key than the current one of their tenant seals, or none of its own, are sealed anew; and a
/// version under which nothing is sealed is destroyed once its time is over. Private to pg.

#include "winnow/base/result.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/ports/chores.hpp"
#include "winnow/ports/vault/key_store.hpp"

#include <pqxx/transaction_base>

#include <cstddef>
#include <deque>
#include <span>
#include <string_view>

namespace winnow::pg {

/// What of the schema holds sealed values, as "table.column": all of it is sealed anew here. A test compares them with the
/// catalogue, and no key is destroyed while a database has others.
[[nodiscard]] std::span<const std::string_view> sealed_columns() noexcept;

/// One thread's.
class Resealing {
public:
    explicit Resealing(const VaultChores& vault) : vault_(vault) {}

    /// At most 500 rows of one tenant, which nobody changes just now. A row that does not open stays as it is and counts as
    /// failed.
    [[nodiscard]] Result<ports::ChoreStep> step(const Sessions& pool);

private:
    struct Batch {
        ports::ChoreStep done;
        std::size_t seen = 0;
        bool nothing_left = false;
        ContactId last;
    };

    [[nodiscard]] Result<Done> fill(const Sessions& pool);
    [[nodiscard]] Result<Batch> batch(Session& session, const ports::TenantVersion& job);
    [[nodiscard]] Result<std::size_t> reseal_row(pqxx::transaction_base& tx, const ports::TenantVersion& job,
                                                 ContactId contact, std::string_view settings);

    const VaultChores vault_;
    std::deque<ports::TenantVersion> jobs_;  ///< All below that version is to be sealed anew.
    ContactId after_;                        ///< Of the first job.
    TenantId after_without_key_;
    TenantId after_older_;
};

/// Of versions whose time is over, those under which nothing is sealed; what is sealed under another one is sealed anew.
[[nodiscard]] Result<ports::ChoreStep> destroy_keys(const Sessions& pool, const VaultChores& vault);

}  // namespace winnow::pg
