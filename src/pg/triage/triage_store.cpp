#include "winnow/pg/triage_store.hpp"

#include "pg/journal/outages.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/triage/fold_transaction.hpp"
#include "pg/triage/triage_states.hpp"
#include "pg/turns/fold_lock.hpp"

#include <pqxx/nontransaction>

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

    Result<std::unique_ptr<ports::FoldTransaction>> lock(TenantId tenant, std::uint64_t from_seq,
                                                         const domain::RowPosition& to,
                                                         const ports::Patience& patience) override
    {
        const bool is_patient = patience.time > statement_timeout_;
        auto fold = PgFoldTransaction::begin(is_patient ? patient_ : pool_, tenant,
                                             PgFoldTransaction::LostRace::unavailable, patience);
        if (!fold) return fold.error();
        const auto moved = (*fold)->attempt([&]() -> Result<bool> {
            auto& tx = (*fold)->tx();
            if (is_patient) query(tx, kPatience, patience.time.count());
            lock_folding(tx, tenant);
            return query(tx, kAdvance, tenant, to.stream, from_seq, to.seq).affected_rows() > 0;
        });
        if (!moved) return moved.error();
        if (!*moved) return Error(ErrorCode::conflict, "the position was moved by somebody else");
        return std::unique_ptr<ports::FoldTransaction>(*std::move(fold));
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

    Result<ports::Due<ports::ExpiredInstances>> lock_expired(TenantId tenant, ports::Turn turn) override
    {
        auto fold = PgFoldTransaction::lock(timers_, tenant, turn);
        if (!fold) return fold.error();
        return (*fold)->attempt([&]() -> Result<ports::Due<ports::ExpiredInstances>> {
            auto& tx = (*fold)->tx();
            ports::Due<ports::ExpiredInstances> due;
            const auto until = judged_until(tx, resolve_timeout_, tenant, turn.outages);
            due.rows = load_expired(tx, tenant, until, turn.limit);
            if (due.rows.instances.empty()) return due;
            due.rows.now = time_of(tx.exec("select now()")[0][0]);
            due.fold = *std::move(fold);
            return due;
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
