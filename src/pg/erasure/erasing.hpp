#pragma once

/// @file
/// The chore that erases tenants, step by step. Private to pg.

#include "pg/session/session_pool.hpp"
#include "winnow/domain/tenants/erasure.hpp"
#include "winnow/fair/setbacks.hpp"
#include "winnow/pg/chores.hpp"
#include "winnow/ports/time/chores.hpp"

#include <pqxx/transaction_base>

#include <chrono>
#include <optional>
#include <string>

namespace winnow::pg {

/// Where an erasure has come to stands in its rows (`erasure_steps`), so whoever goes on after a kill, on whatever
/// node, goes on there. A tenant whose step fails is left out for a while, and others' go on. Used by one thread.
class Erasing {
public:
    Erasing(const ChoreLimits& limits, HeadSigner signer, std::optional<VaultChores> vault);

    /// One part of one step of one erasure: a transaction that is bounded in rows and time; of the vault's keys a call
    /// to the vault, and a transaction that says so.
    Result<ports::ChoreStep> step(const Sessions& pool);

private:
    using Clock = std::chrono::steady_clock;

    /// What comes next.
    struct Next {
        ErasureId erasure;
        TenantId tenant;
        domain::ErasureStage stage = domain::ErasureStage::rows;
        std::string relation;
    };

    [[nodiscard]] std::optional<Next> next(pqxx::transaction_base& tx) const;
    [[nodiscard]] ports::ChoreStep work(pqxx::transaction_base& tx, const Next& at) const;
    [[nodiscard]] ports::ChoreStep certify(pqxx::transaction_base& tx, const Next& at) const;
    [[nodiscard]] Result<ports::ChoreStep> destroy_keys(const Sessions& pool, const Next& at) const;
    [[nodiscard]] ports::ChoreStep told(ports::ChoreStep step) const;

    const ChoreLimits limits_;
    const HeadSigner signer_;
    const std::optional<VaultChores> vault_;
    fair::Setbacks setbacks_;
};

}  // namespace winnow::pg
