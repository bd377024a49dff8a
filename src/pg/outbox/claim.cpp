#include "pg/outbox/claim.hpp"

#include "pg/notify/contact_rows.hpp"
#include "pg/notify/message.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/delivery_states.hpp"
#include "pg/rows/values.hpp"

#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using domain::DeliveryState;
using ports::ClaimedDelivery;

constexpr int kMostRounds = 16;  // of one claim

const auto kPending = sql_word(DeliveryState::pending);
const auto kSending = sql_word(DeliveryState::sending);
const auto kCancelled = sql_word(DeliveryState::cancelled);
const auto kSuperseded = sql_word(DeliveryState::superseded);
const auto kUnfinished = sql_unfinished_deliveries();

// A chain: what is owed to one contact about one ticket. It is told in the order of the ticket's events, one message at
// a time, so the oldest of it that is not finished, its head, stands for the whole: whoever holds the head's lock may
// act on the chain (docs/decisions/one-word-at-a-time.md).

// What waits behind an attempt is not looked at again before its lease ends; the attempt's end calls the next (kNext).
const auto kWait = R"sql(
update deliveries d
   set next_attempt_at = h.lease_until
  from unnest($1::uuid[], $2::uuid[]) as u(tenant_id, delivery_id)
  join deliveries h on h.tenant_id = u.tenant_id and h.delivery_id = u.delivery_id
 where d.tenant_id = h.tenant_id and d.ticket_id = h.ticket_id and d.contact_id = h.contact_id
   and d.state = )sql" +
                   kPending + R"sql( and d.event_seq > h.event_seq and d.next_attempt_at <= now()
)sql";

// The heads' locks are held: nobody else changes these chains, save by adding to them. A head that was tried and did
// not get through gives way to the newest; what that overtakes is dropped. The message says what it overtook, and is
// the opening where nobody was told of one and the trouble is there: an `opened` comes first. That is added to this
// delivery; the notice is others', too.
// A delivery whose contact is gone or disabled is cancelled instead.
const auto kClaim = R"sql(
with target as (
    select h.tenant_id, h.ticket_id, h.contact_id, n.event_seq is not null as overtakes,
           coalesce(n.delivery_id, h.delivery_id) as delivery_id, coalesce(n.event_seq, h.event_seq) as event_seq,
           coalesce(n.event_kind, h.event_kind) as event_kind,
           c.enabled, c.name, c.type, c.settings, c.version, c.updated_at, c.receiver
      from unnest($1::uuid[], $2::uuid[]) as u(tenant_id, delivery_id)
      join deliveries h on h.tenant_id = u.tenant_id and h.delivery_id = u.delivery_id
      left join contacts c on c.tenant_id = h.tenant_id and c.contact_id = h.contact_id
      left join lateral (
        select d.delivery_id, d.event_seq, d.event_kind from deliveries d
         where d.tenant_id = h.tenant_id and d.ticket_id = h.ticket_id and d.contact_id = h.contact_id
           and d.state in )sql" +
                    kUnfinished +
                    R"sql( and d.event_seq > h.event_seq
         order by d.event_seq desc limit 1) n on h.attempts > 0 and c.enabled
), overtaken as (
    select d.tenant_id, d.delivery_id, t.delivery_id as by_id, d.event_seq, )sql" WINNOW_MESSAGE_OF(
                        "d") R"sql( as message
      from target t
      join deliveries d on d.tenant_id = t.tenant_id and d.ticket_id = t.ticket_id and d.contact_id = t.contact_id
                       and d.state in )sql" +
                    kUnfinished + R"sql( and d.event_seq < t.event_seq
     where t.overtakes
), dropped as (
    update deliveries d
       set state = )sql" +
                    kSuperseded +
                    R"sql(, superseded_by = o.by_id, finished_at = now(), lease_node = '', lease_until = null,
           lease_token = d.lease_token + 1
      from overtaken o
     where d.tenant_id = o.tenant_id and d.delivery_id = o.delivery_id
), unheard as (
    select t.tenant_id, t.delivery_id, jsonb_build_object('overtook', jsonb_agg(l.line order by l.seq)) as lines,
           bool_or(l.line->>'type' = 'ticket.opened') and t.event_kind <> 'recovered' as opens
      from target t
     cross join lateral (
        select line, (line->>'event_seq')::int as seq
          from (select jsonb_array_elements(coalesce(o.message->'overtook', '[]')) as line
                  from overtaken o where o.tenant_id = t.tenant_id and o.by_id = t.delivery_id
                union all
                select jsonb_build_object('type', o.message->'type', 'event_seq', o.event_seq,
                                          'timestamp', o.message->'timestamp')
                  from overtaken o where o.tenant_id = t.tenant_id and o.by_id = t.delivery_id) as each
         order by 2 desc limit 20) l
     where t.overtakes
     group by t.tenant_id, t.delivery_id, t.event_kind
), added as (
    select tenant_id, delivery_id, opens,
           lines || case when opens then '{"type": "ticket.opened"}'::jsonb else '{}'::jsonb end as members
      from unheard
)
update deliveries d
   set state = case when t.enabled then )sql" +
                    kSending + R"sql( else )sql" + kCancelled +
                    R"sql( end,
       attempts = d.attempts + case when t.enabled then 1 else 0 end,
       lease_node = case when t.enabled then $3 else '' end,
       lease_token = d.lease_token + 1,
       lease_until = case when t.enabled then now() + $4 * interval '1 millisecond' end,
       finished_at = case when t.enabled then null else now() end,
       event_kind = case when a.opens then 'opened' else d.event_kind end,
       payload = case when a.members is null then d.payload else d.payload || a.members end,
       addition = case when d.payload is null and a.members is not null
                       then coalesce(d.addition, '{}') || a.members else d.addition end
  from target t
  left join added a on a.tenant_id = t.tenant_id and a.delivery_id = t.delivery_id
 where d.tenant_id = t.tenant_id and d.delivery_id = t.delivery_id
returning d.tenant_id, d.delivery_id, d.ticket_id, d.event_seq, d.event_kind, d.state, d.attempts, d.created_at,
          d.next_attempt_at, d.last_error, d.last_status, d.lease_token, d.lease_until,
          d.contact_id, t.name, t.type, t.settings, t.enabled, t.version, t.updated_at, t.receiver, )sql" WINNOW_MESSAGE_OF(
                        "d") " as payload, " WINNOW_PUBLIC_URL_OF("d") " as public_url";

// The rest of what is owed to contacts that the claim found gone: so many at a time, and none that somebody else holds.
// What is left is found by the next claim. It is the claim's last statement, and waits for nobody: two nodes that
// cancel at once cannot wait for each other.
constexpr std::size_t kCancelAtOnce = 2'000;
const auto kCancel = R"sql(
with owed as materialized (
    select s.tenant_id, s.delivery_id
      from unnest($1::uuid[], $2::uuid[]) as gone(tenant_id, contact_id)
     cross join lateral (
        select d.tenant_id, d.delivery_id from deliveries d
         where d.tenant_id = gone.tenant_id and d.contact_id = gone.contact_id and d.state = )sql" +
                     kPending + R"sql(
         order by d.next_attempt_at limit $3) s
     where not exists (select from contacts c where c.tenant_id = gone.tenant_id and c.contact_id = gone.contact_id
                                                and c.enabled)
     limit $3
), locked as materialized (
    select d.tenant_id, d.delivery_id from deliveries d
     where (d.tenant_id, d.delivery_id) in (select tenant_id, delivery_id from owed)
       and d.finished_at is null  -- by the primary key: no partial index of states fits
       and d.state = )sql" +
                     kPending + R"sql(
     order by d.tenant_id, d.delivery_id
       for update skip locked
)
update deliveries d set state = )sql" +
                     kCancelled + R"sql(, finished_at = now(), lease_token = d.lease_token + 1
  from locked l
 where d.tenant_id = l.tenant_id and d.delivery_id = l.delivery_id
)sql";

ClaimedDelivery read_claim(const pqxx::row& row)
{
    ClaimedDelivery claimed;
    claimed.tenant = id_of<TenantId>(row["tenant_id"]);
    auto& d = claimed.delivery;
    d.id = id_of<DeliveryId>(row["delivery_id"]);
    d.ticket_id = id_of<TicketId>(row["ticket_id"]);
    d.event_seq = row["event_seq"].as<std::int32_t>();
    d.event_kind = text_of(row["event_kind"]);
    d.contact_id = id_of<ContactId>(row["contact_id"]);
    d.state = domain::DeliveryState::sending;
    d.attempts = row["attempts"].as<std::int32_t>();
    d.created_at = time_of(row["created_at"]);
    d.next_attempt_at = time_of(row["next_attempt_at"]);
    d.last_error = text_of(row["last_error"]);
    d.last_status = row["last_status"].as<std::int32_t>();
    d.payload = text_of(row["payload"]);
    if (!row["public_url"].is_null()) claimed.public_url = text_of(row["public_url"]);
    claimed.contact = read_contact(row);
    claimed.receiver = text_of(row["receiver"]);
    claimed.lease_token = row["lease_token"].as<std::int64_t>();
    claimed.lease_until = time_of(row["lease_until"]);
    return claimed;
}

struct Claimed {
    std::vector<ClaimedDelivery> deliveries;
    bool cancelled = false;  ///< Something, and so it was the transaction's last step.
};

Claimed claim_chains(pqxx::transaction_base& tx, const Heads& chains, const std::string& node,
                     std::chrono::milliseconds lease)
{
    Claimed claim;
    ArrayLiteral tenants;
    ArrayLiteral gone;
    for (const auto& row : query(tx, kClaim.c_str(), chains.tenants, chains.heads, node, lease.count())) {
        if (text_of(row["state"]) == to_string(DeliveryState::sending)) {
            claim.deliveries.push_back(read_claim(row));
            continue;
        }
        claim.cancelled = true;
        tenants.add(id_of<TenantId>(row["tenant_id"]));
        gone.add(id_of<ContactId>(row["contact_id"]));
    }
    if (claim.cancelled) query(tx, kCancel.c_str(), tenants.take(), gone.take(), kCancelAtOnce);
    return claim;
}

}  // namespace

ports::Claim claim_due(pqxx::transaction_base& tx, const std::string& node, const ports::ClaimShare& share,
                       std::chrono::milliseconds lease, Places& places)
{
    ports::Claim claim;
    // Where all that was found waits behind attempts under way, there may be more behind it.
    for (int round = 0; round < kMostRounds && claim.deliveries.empty(); ++round) {
        const auto due = lock_due(tx, share, places);
        claim.more = due.more;
        if (due.free.count == 0 && due.under_way.count == 0) break;
        if (due.under_way.count > 0) query(tx, kWait.c_str(), due.under_way.tenants, due.under_way.heads);
        if (due.free.count == 0) continue;
        auto claimed = claim_chains(tx, due.free, node, lease);
        claim.deliveries = std::move(claimed.deliveries);
        if (claimed.cancelled) break;
    }
    return claim;
}

}  // namespace winnow::pg
