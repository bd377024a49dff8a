#include "winnow/pg/triage_store.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/journal/outages.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/suppression/covers.hpp"
#include "pg/triage/fold_lock.hpp"
#include "pg/triage/triage_states.hpp"
#include "pg/triage/triage_writes.hpp"

#include <pqxx/except>

#include <utility>

namespace winnow::pg {

namespace {

// The fence: moves the position from `from_seq` or not at all. The row is made with the first batch; the rows of a
// stream that has ended were all applied, so whoever still holds some is late, and so is their missing row.
constexpr auto kAdvance = R"sql(
insert into journal_progress as p (tenant_id, stream, applied_seq)
select $1, $2, $4
 where exists (select from journal_streams where stream = $2 and ended_at is null)
   and ($3::int8 = 0 or exists (select from journal_progress where tenant_id = $1 and stream = $2))
on conflict (tenant_id, stream) do update
   set applied_seq = excluded.applied_seq, updated_at = now()
 where p.applied_seq = $3::int8
)sql";

// Until the transaction ends.
constexpr auto kPatience =
    "select set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)";

constexpr auto kApplied = "select applied_seq from journal_progress where tenant_id = $1 and stream = $2";

constexpr auto kExpiredTenants = "select distinct tenant_id from alert_instances where firing and ends_at <= $1";

/// A lost race inside a fold is for the caller to repeat; `conflict` is the fence's word and means: drop the batch.
template <typename T>
Result<T> repeatable(Result<T> outcome)
{
    if (!outcome && outcome.error().code() == ErrorCode::conflict) {
        return Error(ErrorCode::unavailable, outcome.error().message());
    }
    return outcome;
}

void store_sequel(pqxx::transaction_base& tx, TenantId tenant, const ports::CostSequel& sequel)
{
    const auto costs = load_judge_costs(tx, tenant, sequel.judges);
    const auto states = load_states(tx, tenant, sequel.keys);
    // What sets aside changes the configuration. A fold does not wait for a request that does, with all its locks, and
    // with its worker: these overruns do not count, and the next one sets aside.
    if (!try_lock_configuration(tx, tenant)) return;
    const auto now = time_of(tx.exec("select clock_timestamp()")[0][0]);  // it waited for others' folds
    const auto writes = sequel.decide(states, costs, now);
    store_writes(tx, tenant, writes, states);
    store_judge_costs(tx, tenant, writes.costs);
}

class PgTriageStore final : public ports::TriageStore {
public:
    PgTriageStore(const Sessions& sessions, std::chrono::milliseconds resolve_timeout)
        : pool_(sessions.of(Errand::triage)),
          patient_(sessions.of(Errand::patience)),
          timers_(sessions.of(Errand::timers)),
          statement_timeout_(pool_.options().statement_timeout),
          resolve_timeout_(resolve_timeout)
    {
    }

    Result<Done> apply(TenantId tenant, std::uint64_t from_seq, const domain::RowPosition& to,
                       const triage::StateKeys& keys, const std::function<ports::TriageWrites(triage::States)>& decide,
                       const ports::Patience& patience) override
    {
        bool fenced = false;
        bool declined = false;
        const bool is_patient = patience.time > statement_timeout_;
        const auto& sessions = is_patient ? patient_ : pool_;
        auto outcome = sessions.run(
            [&](Session& session) -> Result<Done> {
                Transaction transaction(session);
                auto& tx = transaction.tx();
                if (is_patient) query(tx, kPatience, patience.time.count());
                lock_folding(tx, tenant);
                if (query(tx, kAdvance, tenant, to.stream, from_seq, to.seq).affected_rows() == 0) {
                    fenced = true;
                    return Done{};
                }
                auto states = load_states(tx, tenant, keys);
                states.sources = load_sources(tx, tenant, keys.sources);
                const auto writes = decide(states);
                declined = writes.declined;
                if (declined) return Done{};
                store_writes(tx, tenant, writes, states);
                if (writes.sequel) store_sequel(tx, tenant, *writes.sequel);
                transaction.commit();
                return Done{};
            },
            patience.time, patience.stop);
        if (outcome && declined) return Error(ErrorCode::too_large, "it is too much for one transaction");
        if (fenced) return Error(ErrorCode::conflict, "the position was moved by somebody else");
        return repeatable(std::move(outcome));
    }

    Result<std::uint64_t> applied(TenantId tenant, domain::StreamId stream) override
    {
        return pool_.run([&](Session& session) -> Result<std::uint64_t> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, kApplied, tenant, stream);
            return rows.empty() ? 0 : rows[0][0].as<std::uint64_t>();
        });
    }

    Result<std::vector<TenantId>> tenants_with_expired_instances() override
    {
        return timers_.run([&](Session& session) -> Result<std::vector<TenantId>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<TenantId> tenants;
            for (const auto& row : query(tx, kExpiredTenants, judged_until(tx, resolve_timeout_)))
                tenants.push_back(id_of<TenantId>(row[0]));
            return tenants;
        });
    }

    Result<std::size_t> expire(TenantId tenant, ports::Turn turn,
                               const std::function<ports::TriageWrites(std::vector<triage::InstanceState>,
                                                                       triage::States, Timestamp)>& decide) override
    {
        return timers_.run([&](Session& session) -> Result<std::size_t> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (!lock_folding_patiently(tx, tenant, turn.patience)) return being_folded();
            const auto expired = load_expired(tx, tenant, judged_until(tx, resolve_timeout_, tenant), turn.limit);
            if (expired.empty()) return std::size_t{0};
            const auto now = time_of(tx.exec("select now()")[0][0]);
            const auto states = load_states(tx, tenant, expired);
            store_writes(tx, tenant, decide(expired, states, now), states);
            transaction.commit();
            return expired.size();
        });
    }

private:
    const Sessions pool_;
    const Sessions patient_;
    const Sessions timers_;
    const std::chrono::milliseconds statement_timeout_;
    const std::chrono::milliseconds resolve_timeout_;
};

}  // namespace

std::unique_ptr<ports::TriageStore> make_triage_store(const Sessions& sessions,
                                                      std::chrono::milliseconds resolve_timeout)
{
    return std::make_unique<PgTriageStore>(sessions, resolve_timeout);
}

}  // namespace winnow::pg
