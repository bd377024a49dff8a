#include "winnow/pg/quiet_store.hpp"

#include "pg/array_literal.hpp"
#include "pg/covers.hpp"
#include "pg/fold_lock.hpp"
#include "pg/session_pool.hpp"
#include "pg/transaction.hpp"
#include "pg/triage_states.hpp"
#include "pg/triage_writes.hpp"
#include "pg/values.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace winnow::pg {

namespace {

constexpr auto kDueTenants = R"sql(
select distinct q.tenant_id
  from quiet_tickets q join tenants t on t.tenant_id = q.tenant_id
 where q.recheck_at <= now() or q.config_version < t.config_version
    or q.source_key <> '' and not source_fires(q.tenant_id, q.source_key)
)sql";

// In the order in which everybody locks tickets.
constexpr auto kDue = R"sql(
select q.*
  from quiet_tickets q join tenants t on t.tenant_id = q.tenant_id
 where q.tenant_id = $1
   and (q.recheck_at <= now() or q.config_version < t.config_version
        or q.source_key <> '' and not source_fires(q.tenant_id, q.source_key))
 order by q.ticket_id limit $2
)sql";

constexpr auto kCurrent = "select from tenants where tenant_id = $1 and config_version = $2";

constexpr auto kForget = "delete from quiet_tickets where tenant_id = $1 and ticket_id = any($2::uuid[])";

constexpr auto kEndQuiet = R"sql(
update silences
   set ends_at = now(), ended_by = 'quiet', version = version + 1, updated_at = now(), updated_by = 'system'
 where ctid = any(array(
select s.ctid from silences s
 where s.end_when_quiet_ms is not null and s.starts_at <= now() and s.ends_at > now()
   and greatest(s.starts_at, s.created_at,
                (select c.last_matched_at from suppression_stats c
                  where c.tenant_id = s.tenant_id and c.cause_id = s.silence_id))
       + s.end_when_quiet_ms * interval '1 millisecond' <= now()
   and not exists (select from quiet_tickets q
                     join tickets t on t.tenant_id = q.tenant_id and t.ticket_id = q.ticket_id
                    where q.tenant_id = s.tenant_id and q.cause_id = s.silence_id
                      and t.suppressed and t.state not in ('recovered', 'closed'))
 order by s.ends_at limit 500 for update skip locked))
)sql";

std::vector<ports::QuietTicket> load_due(pqxx::transaction_base& tx, TenantId tenant, std::size_t limit)
{
    std::vector<ports::QuietTicket> due;
    for (const auto& row : query(tx, kDue, tenant, limit)) due.push_back(read_quiet_ticket(row));
    return due;
}

std::vector<TicketId> ids_of_tickets(const std::vector<ports::QuietTicket>& tickets)
{
    std::vector<TicketId> ids;
    ids.reserve(tickets.size());
    std::ranges::transform(tickets, std::back_inserter(ids), &ports::QuietTicket::ticket_id);
    return ids;
}

class PgQuietStore final : public ports::QuietStore {
public:
    explicit PgQuietStore(PgOptions options) : pool_(std::move(options)) {}

    Result<std::vector<TenantId>> tenants_due() override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantId>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<TenantId> tenants;
            for (const auto& row : tx.exec(kDueTenants)) tenants.push_back(id_of<TenantId>(row[0]));
            return tenants;
        });
    }

    Result<std::size_t> release(
        TenantId tenant, std::int64_t config_version, ports::Turn turn,
        const std::function<domain::InhibitionSourceKeys(const std::vector<ports::QuietTicket>&)>& source_keys,
        const ports::DecideRelease& decide) override
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (!lock_folding_patiently(tx, tenant, turn.patience)) return being_folded();
            if (query(tx, kCurrent, tenant, config_version).empty()) return std::size_t{0};
            ports::DueTickets due{.tickets = load_due(tx, tenant, turn.limit), .states = {}, .now = {}};
            if (due.tickets.empty()) return std::size_t{0};
            const auto count = due.tickets.size();
            due.states = load_states(tx, tenant, ids_of_tickets(due.tickets));
            due.states.sources = load_sources(tx, tenant, source_keys(due.tickets));
            due.now = time_of(tx.exec("select now()")[0][0]);
            query(tx, kForget, tenant, array_of(ids_of_tickets(due.tickets)));  // decide() says which stay
            std::erase_if(due.tickets, [&](const auto& quiet) { return !is_quiet(due.states, quiet.ticket_id); });
            const auto writes = decide(due);
            store_writes(tx, tenant, writes, due.states);
            transaction.commit();
            return count;
        });
    }

    Result<std::size_t> end_quiet_silences() override { return changed(kEndQuiet); }

private:
    static bool is_quiet(const triage::States& states, TicketId id)
    {
        const auto ticket = std::ranges::find(states.tickets, id, &triage::TicketState::id);
        return ticket != states.tickets.end() && ticket->suppressed && is_live(ticket->state);
    }

    Result<std::size_t> changed(const char* statement)
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            Transaction transaction(session);
            const auto rows = transaction.tx().exec(statement).affected_rows();
            transaction.commit();
            return static_cast<std::size_t>(rows);
        });
    }

    SessionPool pool_;
};

}  // namespace

std::unique_ptr<ports::QuietStore> make_quiet_store(PgOptions options)
{
    return std::make_unique<PgQuietStore>(std::move(options));
}

}  // namespace winnow::pg
