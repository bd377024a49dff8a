#include "pg/outbox/record.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/delivery_states.hpp"
#include "pg/rows/values.hpp"

#include <string_view>
#include <unordered_set>

namespace winnow::pg {

namespace {

using domain::DeliveryState;

const auto kPending = sql_word(DeliveryState::pending);
const auto kSending = sql_word(DeliveryState::sending);
const auto kDelivered = sql_word(DeliveryState::delivered);

// Fenced by the lease's token: whoever lost the lease changes nothing. What the timeline is owed is kept with the
// result, as it was: its ticket's row may be held for minutes, and hands out the events' numbers.
const auto kRecord = R"sql(
with u as materialized (
    select * from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::int8[], $6::int4[], $7::text[],
                         $8::boolean[])
             as r(tenant_id, delivery_id, token, state, retry_ms, status, error, attempted)
), valid as materialized (
    select d.tenant_id, d.delivery_id, d.lease_token from u
      join deliveries d on d.tenant_id = u.tenant_id and d.delivery_id = u.delivery_id
     where d.lease_token = u.token and d.state = )sql" +
                     kSending + R"sql(
), mine as materialized (
    select d.tenant_id, d.delivery_id from valid v
      join deliveries d on d.tenant_id = v.tenant_id and d.delivery_id = v.delivery_id
     where d.lease_token = v.lease_token and d.state = )sql" +
                     kSending + R"sql(
     order by d.tenant_id, d.delivery_id
       for update of d skip locked
), stored as (
    update deliveries d
       set state = u.state, lease_node = '', lease_until = null,
           attempts = d.attempts - case when u.attempted then 0 else 1 end,
           last_status = case when u.attempted then u.status else d.last_status end,
           last_error = case when u.attempted then u.error else d.last_error end,
           next_attempt_at = case when u.state = )sql" +
                     kPending + R"sql( then now() + u.retry_ms * interval '1 millisecond'
                                  else d.next_attempt_at end,
           finished_at = case when u.state = )sql" +
                     kPending + R"sql( then null else now() end
      from mine m join u on u.tenant_id = m.tenant_id and u.delivery_id = m.delivery_id
     where d.tenant_id = m.tenant_id and d.delivery_id = m.delivery_id
    returning d.*
), owed as (
    insert into owed_events (tenant_id, ticket_id, kind, at, data)
    select s.tenant_id, s.ticket_id, case when s.state = )sql" +
                     kDelivered + R"sql( then 'notified' else 'notification_failed' end,
           now(),
           jsonb_build_object('delivery_id', s.delivery_id, 'contact_id', s.contact_id,
                              'contact', coalesce(c.name, ''), 'event', s.event_kind, 'event_seq', s.event_seq,
                              'attempts', s.attempts, 'status', s.last_status, 'error', s.last_error)
      from stored s
      left join contacts c on c.tenant_id = s.tenant_id and c.contact_id = s.contact_id
     where s.state in )sql" +
                     sql_words({DeliveryState::delivered, DeliveryState::dead}) + R"sql(
     order by s.delivery_id
)
select tenant_id, delivery_id, state, ticket_id, contact_id, event_seq from stored
union all
select v.tenant_id, v.delivery_id, 'held', null, null, null from valid v
 where (v.tenant_id, v.delivery_id) not in (select tenant_id, delivery_id from mine)
)sql";

// After an attempt, however it went, the next message of its chain need not wait any longer; where somebody else holds
// it, it is called later.
const auto kNext = R"sql(
with next as materialized (
    select u.place, u.tenant_id, n.delivery_id
      from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int4[]) with ordinality
             as u(tenant_id, ticket_id, contact_id, event_seq, place)
     cross join lateral (
        select n.delivery_id, n.state, n.next_attempt_at from deliveries n
         where n.tenant_id = u.tenant_id and n.ticket_id = u.ticket_id and n.contact_id = u.contact_id
           and n.state in )sql" +
                   sql_unfinished_deliveries() + R"sql( and n.event_seq > u.event_seq
         order by n.event_seq limit 1) n
     where n.state = )sql" +
                   kPending + R"sql( and n.next_attempt_at > now()
), locked as materialized (
    select d.tenant_id, d.delivery_id from deliveries d
     where (d.tenant_id, d.delivery_id) in (select tenant_id, delivery_id from next)
       and d.finished_at is null  -- by the primary key: no partial index of states fits
       and d.state = )sql" +
                   kPending + R"sql(
     order by d.tenant_id, d.delivery_id
       for update skip locked
), called as (
    update deliveries d set next_attempt_at = now()
      from locked l
     where d.tenant_id = l.tenant_id and d.delivery_id = l.delivery_id
)
select place from next where (tenant_id, delivery_id) not in (select tenant_id, delivery_id from locked)
)sql";

}  // namespace

StoredResults store_results(pqxx::transaction_base& tx, const std::vector<ports::AttemptResult>& results)
{
    ArrayLiteral tenants;
    ArrayLiteral ids;
    ArrayLiteral tokens;
    ArrayLiteral states;
    ArrayLiteral delays;
    ArrayLiteral statuses;
    ArrayLiteral errors;
    ArrayLiteral attempted;
    for (const auto& result : results) {
        tenants.add(result.tenant);
        ids.add(result.id);
        tokens.add(result.lease_token);
        states.add(to_string(result.state));
        delays.add(result.retry_after.count());
        statuses.add(result.status);
        errors.add(result.error);
        attempted.add(result.attempted ? std::string_view("true") : std::string_view("false"));
    }
    std::unordered_set<DeliveryId> untried;
    for (const auto& result : results) {
        if (!result.attempted) untried.insert(result.id);
    }
    StoredResults stored;
    for (const auto& row : query(tx, kRecord.c_str(), tenants.take(), ids.take(), tokens.take(), states.take(),
                                 delays.take(), statuses.take(), errors.take(), attempted.take())) {
        const auto state = text_of(row["state"]);
        if (state == "held") {
            stored.recorded.held.push_back(id_of<DeliveryId>(row["delivery_id"]));
            continue;
        }
        const auto reached = domain::parse_delivery_state(state);
        if (reached == DeliveryState::delivered || reached == DeliveryState::dead) stored.recorded.owes = true;
        // The next message would bring its chain's head back before its time.
        if (reached == DeliveryState::pending && untried.contains(id_of<DeliveryId>(row["delivery_id"]))) continue;
        stored.chains.push_back({.tenant = id_of<TenantId>(row["tenant_id"]),
                                 .ticket = id_of<TicketId>(row["ticket_id"]),
                                 .contact = id_of<ContactId>(row["contact_id"]),
                                 .event_seq = row["event_seq"].as<std::int32_t>()});
    }
    return stored;
}

std::vector<ChainPlace> call_next(pqxx::transaction_base& tx, const std::vector<ChainPlace>& chains)
{
    ArrayLiteral tenants;
    ArrayLiteral tickets;
    ArrayLiteral contacts;
    ArrayLiteral seqs;
    for (const auto& chain : chains) {
        tenants.add(chain.tenant);
        tickets.add(chain.ticket);
        contacts.add(chain.contact);
        seqs.add(chain.event_seq);
    }
    std::vector<ChainPlace> left;
    for (const auto& row : query(tx, kNext.c_str(), tenants.take(), tickets.take(), contacts.take(), seqs.take())) {
        left.push_back(chains.at(row[0].as<std::size_t>() - 1));
    }
    return left;
}

}  // namespace winnow::pg
