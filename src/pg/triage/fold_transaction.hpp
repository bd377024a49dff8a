#pragma once

/// @file
/// ports::FoldTransaction on PostgreSQL. Private to pg.

#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/ports/fold_transaction.hpp"
#include "winnow/ports/time/turn.hpp"
#include "winnow/ports/triage_store.hpp"

#include <pqxx/transaction_base>

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace winnow::pg {

class PgFoldTransaction final : public ports::FoldTransaction {
public:
    /// What a lost race is called, from the session's first word on: to a timer `conflict`, for what is due stays due;
    /// to a fold, where `conflict` means that its batch is to be dropped, `unavailable`.
    enum class LostRace : std::uint8_t { conflict, unavailable };

    /// Borrows a session and begins; nothing is locked yet.
    [[nodiscard]] static Result<std::unique_ptr<PgFoldTransaction>> begin(const Sessions& sessions, TenantId tenant,
                                                                          LostRace lost_race,
                                                                          const ports::Patience& patience = {});

    /// Begins, and locks the tenant's folding for work that can be done another time.
    [[nodiscard]] static Result<std::unique_ptr<PgFoldTransaction>> lock(const Sessions& sessions, TenantId tenant,
                                                                         const ports::Turn& turn);

    /// For the store that hands this out, until it does. Throws std::logic_error after a commit().
    [[nodiscard]] pqxx::transaction_base& tx() { return transaction_->tx(); }

    [[nodiscard]] Result<triage::States> load(const triage::StateKeys& keys) override;
    [[nodiscard]] Result<std::optional<ports::KnownCosts>> load_costs(const std::vector<domain::Judge>& judges,
                                                                      const triage::StateKeys& keys) override;
    [[nodiscard]] Result<Done> store(const ports::TriageWrites& writes) override;
    [[nodiscard]] Result<Done> commit() override;

    /// Runs `work`, which returns a Result; what it throws becomes an Error.
    template <typename Work>
    std::invoke_result_t<Work&> attempt(Work work) const
    {
        return attempt_as(lost_race_, std::move(work));  // of this nothing need be left after `work`
    }

private:
    template <typename Work>
    static std::invoke_result_t<Work&> attempt_as(LostRace lost_race, Work work)
    {
        auto outcome = translated(work);
        if (outcome || lost_race == LostRace::conflict || outcome.error().code() != ErrorCode::conflict) return outcome;
        return Error(ErrorCode::unavailable, outcome.error().message());
    }

    PgFoldTransaction(const Sessions& sessions, TenantId tenant, LostRace lost_race)
        : tenant_(tenant), lost_race_(lost_race), lease_(sessions)
    {
    }

    const TenantId tenant_;
    const LostRace lost_race_;
    SessionLease lease_;
    std::optional<Transaction> transaction_;  ///< Behind its session: it ends first.
    triage::States loaded_;                   ///< The latest.
};

/// False where it has changed since: then whoever decides by it does not know all there is to know.
[[nodiscard]] bool is_current(pqxx::transaction_base& tx, TenantId tenant, std::int64_t config_version);

}  // namespace winnow::pg
