#include "winnow/pg/quiet_store.hpp"

#include "pg/journal/outages.hpp"
#include "pg/rows/legible.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/suppression/covers.hpp"
#include "pg/triage/fold_transaction.hpp"
#include "pg/triage/outdated_quiet.hpp"
#include "pg/turns/tenant_rounds.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

// Costs what is due, and a step for each tenant that has quiet tickets at all.
constexpr auto kDueTenants = WINNOW_OUTDATED_QUIET R"sql(
 union
select tenant_id from quiet_tickets where recheck_at <= now()
 union
select tenant_id from quiet_tickets where source_ended
)sql";

// In the order in which everybody locks tickets. Each part finds its own by an index.
constexpr auto kDue = R"sql(
select q.*
  from quiet_tickets q
 where q.tenant_id = $1
   and q.ticket_id in (
        (select ticket_id from quiet_tickets where tenant_id = $1 and recheck_at <= now() order by recheck_at limit $2)
        union
        (select ticket_id from quiet_tickets
          where tenant_id = $1 and config_version < (select config_version from tenants where tenant_id = $1)
          order by config_version limit $2)
        union
        (select ticket_id from quiet_tickets where tenant_id = $1 and source_ended order by ticket_id limit $2))
 order by q.ticket_id limit $2
)sql";

const auto kEndQuiet = R"sql(
update silences
   set ends_at = now(), ended_by = 'quiet', version = version + 1, updated_at = now(), updated_by = 'system'
 where ctid = any(array(
select s.ctid from silences s
 where s.end_when_quiet_ms is not null and s.starts_at <= now() and s.ends_at > now()
   and s.tenant_id >= $1::uuid and s.tenant_id <= $2::uuid and s.tenant_id <> all($3::uuid[])
   and greatest(s.starts_at, s.created_at, (select max(ended_at) from outages),  -- while we were away nothing was heard
                (select c.last_matched_at from suppression_stats c
                  where c.tenant_id = s.tenant_id and c.cause_id = s.silence_id))
       + s.end_when_quiet_ms * interval '1 millisecond' <= now()
   and (select true from quiet_tickets q  -- `limit`: by the silence's own tickets, never by a join with everybody's
         where q.tenant_id = s.tenant_id and q.cause_id = s.silence_id
           and (select t.suppressed and not )sql" +
                       sql_is_over("t") +
                       R"sql( from tickets t
                 where t.tenant_id = q.tenant_id and t.ticket_id = q.ticket_id)
         limit 1) is null
 order by s.ends_at limit 500 for update skip locked))
)sql";

// Marks what an ended source left behind. Whoever ends a source marks its tickets; but he does not see one that another
// transaction covers in the same moment.
constexpr auto kMark = R"sql(
with recursive sources as (
    (select tenant_id, source_key, 1 as place from quiet_tickets
      where source_key <> '' and (tenant_id, source_key) > ($1::uuid, $2)
      order by tenant_id, source_key limit 1)
    union all
    select n.tenant_id, n.source_key, s.place + 1
      from sources s
     cross join lateral (
        select q.tenant_id, q.source_key from quiet_tickets q
         where q.source_key <> '' and (q.tenant_id, q.source_key) > (s.tenant_id, s.source_key)
         order by q.tenant_id, q.source_key limit 1) n
     where s.place < $3
), marked as (
    update quiet_tickets q set source_ended = true
      from (select * from sources s where not source_fires(s.tenant_id, s.source_key)) x
     where q.tenant_id = x.tenant_id and q.source_key = x.source_key and q.source_key <> '' and not q.source_ended
    returning 1
)
select tenant_id, source_key from sources order by place desc limit 1
)sql";

constexpr auto kNextSource = R"sql(
select tenant_id from quiet_tickets where source_key <> '' and (tenant_id, source_key) > ($1::uuid, $2)
 order by tenant_id, source_key limit 1
)sql";
constexpr auto kLastKey = "l";  // behind all: they begin with 'i' and 'k'

constexpr std::size_t kStretch = 500;
constexpr std::size_t kCallsBetweenMarks = 10;

ports::DueTickets load_due(pqxx::transaction_base& tx, TenantId tenant, std::size_t limit)
{
    ports::DueTickets due;
    read_legible(
        query(tx, kDue, tenant, limit), due.unread, [](const auto& row) { return text_of(row["ticket_id"]); },
        [&](const auto& row) { due.tickets.push_back(read_quiet_ticket(row)); });
    return due;
}

class PgQuietStore final : public ports::QuietStore {
public:
    explicit PgQuietStore(const Sessions& sessions) : pool_(sessions.of(Errand::timers)) {}

    Result<std::vector<TenantId>> tenants_due() override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantId>> {
            pqxx::nontransaction tx(session.connection());
            if (calls_++ % kCallsBetweenMarks == 0) mark_or_pass(tx);
            std::vector<TenantId> tenants;
            for (const auto& row : tx.exec(kDueTenants)) tenants.push_back(id_of<TenantId>(row[0]));
            return tenants;
        });
    }

    Result<Done> mark_ended_sources() override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            mark_or_pass(tx);
            return Done{};
        });
    }

    Result<ports::Due<ports::DueTickets>> lock_due(TenantId tenant, std::int64_t config_version,
                                                   ports::Turn turn) override
    {
        auto fold = PgFoldTransaction::lock(pool_, tenant, turn);
        if (!fold) return fold.error();
        return (*fold)->attempt([&]() -> Result<ports::Due<ports::DueTickets>> {
            auto& tx = (*fold)->tx();
            ports::Due<ports::DueTickets> due;
            if (!is_current(tx, tenant, config_version)) return due;
            due.rows = load_due(tx, tenant, turn.limit);
            if (due.rows.tickets.empty()) return due;
            due.rows.now = time_of(tx.exec("select now()")[0][0]);
            due.fold = *std::move(fold);
            return due;
        });
    }

    Result<ports::ChoreStep> end_quiet_silences() override
    {
        return ending_.step(pool_, [](pqxx::transaction_base& tx, const Stretch& stretch, const std::string& without) {
            if (is_away(tx)) return ports::ChoreStep{};
            return ports::ChoreStep{
                .rows = query(tx, kEndQuiet.c_str(), stretch.first, stretch.last, without).affected_rows()};
        });
    }

private:
    /// Where a stretch cannot be marked the next call begins behind its tenant: the others' are due all the same.
    void mark_or_pass(pqxx::transaction_base& tx)
    {
        try {
            mark(tx);
        } catch (const pqxx::sql_error& failure) {
            if (!tx.conn().is_open()) throw;
            const auto error = to_error(failure);
            if (!may_be_one_tenants(error)) throw;
            const std::lock_guard lock(mutex_);
            const auto behind = query(tx, kNextSource, last_tenant_, last_key_);
            last_tenant_ = behind.empty() ? TenantId() : id_of<TenantId>(behind[0][0]);
            last_key_ = behind.empty() ? "" : kLastKey;
            observe::warn("what sources left behind cannot be marked for a tenant",
                          {{"tenant_id", last_tenant_.str()}, {"error", error.message()}});
        }
    }

    /// Looks at a stretch of the sources, and at the next one in the next call, round and round.
    void mark(pqxx::transaction_base& tx)
    {
        const std::lock_guard lock(mutex_);
        const auto last = query(tx, kMark, last_tenant_, last_key_, kStretch);
        last_tenant_ = last.empty() ? TenantId() : id_of<TenantId>(last[0][0]);
        last_key_ = last.empty() ? std::string() : text_of(last[0][1]);
    }

    const Sessions pool_;
    TenantRounds ending_{"end_quiet_silences"};  // of the one thread that ends them
    std::atomic<std::size_t> calls_ = 0;
    std::mutex mutex_;
    TenantId last_tenant_;  // guarded by mutex_
    std::string last_key_;
};

}  // namespace

std::unique_ptr<ports::QuietStore> make_quiet_store(const Sessions& sessions)
{
    return std::make_unique<PgQuietStore>(sessions);
}

}  // namespace winnow::pg
