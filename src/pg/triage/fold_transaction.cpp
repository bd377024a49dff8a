#include "pg/triage/fold_transaction.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/rows/values.hpp"
#include "pg/triage/triage_states.hpp"
#include "pg/triage/triage_writes.hpp"
#include "pg/turns/fold_lock.hpp"

#include <utility>

namespace winnow::pg {

namespace {

constexpr auto kCurrent = "select from tenants where tenant_id = $1 and config_version = $2";

}  // namespace

Result<std::unique_ptr<PgFoldTransaction>> PgFoldTransaction::begin(const Sessions& sessions, TenantId tenant,
                                                                    LostRace lost_race, const ports::Patience& patience)
{
    return attempt_as(lost_race, [&]() -> Result<std::unique_ptr<PgFoldTransaction>> {
        std::unique_ptr<PgFoldTransaction> fold(new PgFoldTransaction(sessions, tenant, lost_race));
        if (auto refused = fold->lease_.begin(patience.time, patience.stop)) return *std::move(refused);
        fold->transaction_.emplace(fold->lease_.session());
        return fold;
    });
}

Result<std::unique_ptr<PgFoldTransaction>> PgFoldTransaction::lock(const Sessions& sessions, TenantId tenant,
                                                                   const ports::Turn& turn)
{
    auto fold = begin(sessions, tenant, LostRace::conflict);
    if (!fold) return fold;
    const auto locked = (*fold)->attempt(
        [&]() -> Result<bool> { return lock_folding_patiently((*fold)->tx(), tenant, turn.patience); });
    if (!locked) return locked.error();
    if (!*locked) return being_folded();
    return fold;
}

Result<triage::States> PgFoldTransaction::load(const triage::StateKeys& keys)
{
    return attempt([&]() -> Result<triage::States> {
        loaded_ = load_states(tx(), tenant_, keys);
        return loaded_;
    });
}

Result<std::optional<ports::KnownCosts>> PgFoldTransaction::load_costs(const std::vector<domain::Judge>& judges,
                                                                       const triage::StateKeys& keys)
{
    return attempt([&]() -> Result<std::optional<ports::KnownCosts>> {
        ports::KnownCosts known;
        known.costs = load_judge_costs(tx(), tenant_, judges);
        known.states = loaded_ = load_states(tx(), tenant_, keys);
        if (!try_lock_configuration(tx(), tenant_)) return std::nullopt;
        known.now = time_of(tx().exec("select clock_timestamp()")[0][0]);  // it waited for others' folds
        return known;
    });
}

Result<Done> PgFoldTransaction::store(const ports::TriageWrites& writes)
{
    return attempt([&]() -> Result<Done> {
        store_writes(tx(), tenant_, writes, loaded_);
        store_judge_costs(tx(), tenant_, writes.costs);
        return Done{};
    });
}

Result<Done> PgFoldTransaction::commit()
{
    return attempt([&]() -> Result<Done> {
        transaction_->commit();
        return Done{};
    });
}

bool is_current(pqxx::transaction_base& tx, TenantId tenant, std::int64_t config_version)
{
    return !query(tx, kCurrent, tenant, config_version).empty();
}

}  // namespace winnow::pg
