#include "pg/outbox/timeline.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"

#include <ranges>
#include <string>

namespace winnow::pg {

namespace {

constexpr auto kOwing = R"sql(
select distinct tenant_id, ticket_id from owed_events
 where (tenant_id, ticket_id) > ($1::uuid, $2::uuid)
 order by tenant_id, ticket_id limit $3
)sql";

// The ticket's row hands out the numbers of its timeline, and whoever holds it moves the ticket's events: nobody moves
// one twice. Its version stays: nothing that a person edits has changed.
constexpr auto kWrite = R"sql(
with locked as materialized (
    select u.tenant_id, u.ticket_id, t.event_seq
      from unnest($1::uuid[], $2::uuid[]) as u(tenant_id, ticket_id)
     cross join lateral (
        select event_seq from tickets
         where tenant_id = u.tenant_id and ticket_id = u.ticket_id
           for no key update skip locked) t
), taken as (
    delete from owed_events o using locked l
     where o.tenant_id = l.tenant_id and o.ticket_id = l.ticket_id
    returning o.*
), numbered as (
    update tickets t set event_seq = l.event_seq + n.events
      from locked l
      join (select tenant_id, ticket_id, count(*) as events from taken group by 1, 2) n
        on n.tenant_id = l.tenant_id and n.ticket_id = l.ticket_id
     where t.tenant_id = l.tenant_id and t.ticket_id = l.ticket_id
)
insert into ticket_events (tenant_id, ticket_id, seq, kind, at, actor, data)
select o.tenant_id, o.ticket_id,
       l.event_seq + row_number() over (partition by o.tenant_id, o.ticket_id order by o.entry),
       o.kind, o.at, 'system', o.data
  from taken o join locked l on l.tenant_id = o.tenant_id and l.ticket_id = o.ticket_id
)sql";

constexpr auto kForget = R"sql(
delete from owed_events o using unnest($1::uuid[], $2::uuid[]) as u(tenant_id, ticket_id)
 where o.tenant_id = u.tenant_id and o.ticket_id = u.ticket_id
   and not exists (select from tickets t where t.tenant_id = u.tenant_id and t.ticket_id = u.ticket_id)
)sql";

struct Columns {
    std::string tenants;
    std::string tickets;

    explicit Columns(std::span<const OwingTicket> owing)
        : tenants(array_of(owing | std::views::keys)), tickets(array_of(owing | std::views::values))
    {
    }
};

}  // namespace

std::vector<OwingTicket> owing_tickets(pqxx::transaction_base& tx, const OwingTicket& after, std::size_t limit)
{
    std::vector<OwingTicket> tickets;
    for (const auto& row : query(tx, kOwing, after.first, after.second, limit)) {
        tickets.emplace_back(id_of<TenantId>(row[0]), id_of<TicketId>(row[1]));
    }
    return tickets;
}

void write_timelines(pqxx::transaction_base& tx, std::span<const OwingTicket> tickets)
{
    const Columns columns(tickets);
    query(tx, kWrite, columns.tenants, columns.tickets);
}

void forget_gone(pqxx::transaction_base& tx, std::span<const OwingTicket> tickets)
{
    const Columns columns(tickets);
    query(tx, kForget, columns.tenants, columns.tickets);
}

}  // namespace winnow::pg
