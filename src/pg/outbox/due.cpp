#include "pg/outbox/due.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/delivery_states.hpp"
#include "pg/rows/values.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace winnow::pg {

namespace {

// Steps from tenant to tenant, and in each from contact to contact (at most 64, from where the last claim ended), to
// the oldest that are due, so that 100,000 deliveries cost as much as a few. Of what is found each contact, then each
// receiver, then each tenant has its share, and the tenants take turns. Then the heads of the chains are locked: see
// claim.cpp. What another node is claiming right now is skipped.
//
// Rows: a head that is free (0) or under way (1); a tenant and the contact after which to go on (2).
constexpr std::string_view kDueChains = R"sql(
with recursive tenant as (
    (select tenant_id from deliveries where state = PENDING and attempts ATTEMPTS order by tenant_id limit 1)
    union all
    select n.tenant_id
      from tenant t
     cross join lateral (
        select d.tenant_id from deliveries d
         where d.state = PENDING and d.attempts ATTEMPTS and d.tenant_id > t.tenant_id
         order by d.tenant_id limit 1) n
), own as materialized (
    select tenant_id, room from unnest($5::uuid[], $6::int8[]) as u(tenant_id, room)
), limited as materialized (
    select tenant_id, receiver, room from unnest($7::uuid[], $8::text[], $9::int8[]) as u(tenant_id, receiver, room)
), place as materialized (
    select tenant_id, contact_id from unnest($10::uuid[], $11::uuid[]) as u(tenant_id, contact_id)
), share as (
    select t.tenant_id, coalesce(o.room, $2::int8) as room,
           coalesce(p.contact_id, '00000000-0000-0000-0000-000000000000') as after
      from tenant t
      left join own o on o.tenant_id = t.tenant_id
      left join place p on p.tenant_id = t.tenant_id
     where coalesce(o.room, $2::int8) > 0
), contact as (
    select s.tenant_id, s.room, w.contact_id, w.steps
      from share s
     cross join lateral (
        with recursive walk as (
            (select d.contact_id, 1 as steps from deliveries d
              where d.state = PENDING and d.attempts ATTEMPTS and d.tenant_id = s.tenant_id and d.contact_id > s.after
              order by d.contact_id limit 1)
            union all
            select n.contact_id, w.steps + 1
              from walk w
             cross join lateral (
                select d.contact_id from deliveries d
                 where d.state = PENDING and d.attempts ATTEMPTS and d.tenant_id = s.tenant_id
                   and d.contact_id > w.contact_id
                 order by d.contact_id limit 1) n
             where w.steps < 64)
        select contact_id, steps from walk) w
), due as (
    select c.tenant_id, c.room, c.contact_id, d.ticket_id, d.due_at
      from contact c
     cross join lateral (
        select d.ticket_id, d.next_attempt_at as due_at from deliveries d
         where d.state = PENDING and d.attempts ATTEMPTS and d.tenant_id = c.tenant_id
           and d.contact_id = c.contact_id and d.next_attempt_at <= now()
         order by d.next_attempt_at limit $4::int8) d
     where c.contact_id <> all($12::uuid[])
    LEASES
), called as (
    select due.*, (select k.receiver from contacts k where k.tenant_id = due.tenant_id and k.contact_id = due.contact_id)
      from due
), chain as (
    select c.tenant_id, c.ticket_id, c.contact_id, c.receiver, min(c.due_at) as due_at, max(c.room) as room,
           coalesce(max(l.room), $3::int8) as receiver_room
      from called c
      left join limited l on l.tenant_id = c.tenant_id and l.receiver = c.receiver
     group by 1, 2, 3, 4
), of_contact as (
    select chain.*, row_number() over (partition by tenant_id, contact_id order by due_at, ticket_id) as place
      from chain where receiver_room > 0
), of_receiver as (
    select tenant_id, ticket_id, contact_id, due_at, room, receiver_room,
           row_number() over (partition by tenant_id, receiver order by due_at, ticket_id, contact_id) as place
      from of_contact where place <= $4::int8
), of_tenant as (
    select tenant_id, ticket_id, contact_id, due_at, room,
           row_number() over (partition by tenant_id order by due_at, ticket_id, contact_id) as place
      from of_receiver where place <= receiver_room
), chosen as (
    select tenant_id, ticket_id, contact_id
      from of_tenant
     where place <= room
     order by place, due_at, ticket_id, contact_id limit $1::int8
), head as (
    select c.tenant_id, h.delivery_id
      from chosen c
     cross join lateral (
        select d.delivery_id from deliveries d
         where d.tenant_id = c.tenant_id and d.ticket_id = c.ticket_id and d.contact_id = c.contact_id
           and d.state in UNFINISHED
         order by d.event_seq limit 1) h
     where h.delivery_id <> all($13::uuid[])
), locked as (
    select d.tenant_id, d.delivery_id, d.state = SENDING and d.lease_until > now() as under_way
      from deliveries d
     where (d.tenant_id, d.delivery_id) in (select tenant_id, delivery_id from head)
       and d.finished_at is null  -- by the primary key: no partial index of states fits
       for update skip locked
)
select tenant_id, delivery_id as id, under_way::int4 as what from locked
union all
select tenant_id, contact_id, 2 from contact where steps = 64
)sql";

// Nodes have only so much under way, so these are never many.
constexpr std::string_view kRunOutLeases = R"sql(
    union all
    select l.tenant_id, coalesce(o.room, $2::int8), l.contact_id, l.ticket_id, l.lease_until
      from (select d.tenant_id, d.contact_id, d.ticket_id, d.lease_until from deliveries d
             where d.state = SENDING and d.lease_until <= now() and d.delivery_id <> all($13::uuid[])
             order by d.lease_until limit 2000) l
      left join own o on o.tenant_id = l.tenant_id
     where coalesce(o.room, $2::int8) > 0 and l.contact_id <> all($12::uuid[])
)sql";

std::string filled(std::string text, std::string_view mark, std::string_view with)
{
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size())) {
        text.replace(at, mark.size(), with);
    }
    return text;
}

/// With the states that it names.
std::string in_words(std::string text)
{
    using enum domain::DeliveryState;
    text = filled(std::move(text), "UNFINISHED", sql_unfinished_deliveries());
    text = filled(std::move(text), "PENDING", sql_word(pending));
    return filled(std::move(text), "SENDING", sql_word(sending));
}

const std::string& statement(bool retries)
{
    static const std::string first = in_words(filled(filled(std::string(kDueChains), "ATTEMPTS", "= 0"), "LEASES", ""));
    static const std::string again =
        in_words(filled(filled(std::string(kDueChains), "ATTEMPTS", "> 0"), "LEASES", kRunOutLeases));
    return retries ? again : first;
}

enum class What : std::uint8_t { free, under_way, place };

/// The share and the places as the statement's parameters from the fifth on.
struct Columns {
    ArrayLiteral tenants;
    ArrayLiteral rooms;
    ArrayLiteral owners;
    ArrayLiteral receivers;
    ArrayLiteral receiver_rooms;
    ArrayLiteral placed;
    ArrayLiteral contacts;

    Columns(const ports::ClaimShare& share, const std::unordered_map<TenantId, ContactId>& places)
    {
        for (const auto& tenant : share.tenants) {
            tenants.add(tenant.id);
            rooms.add(tenant.room);
        }
        for (const auto& receiver : share.receivers) {
            owners.add(receiver.tenant);
            receivers.add(receiver.receiver);
            receiver_rooms.add(receiver.room);
        }
        for (const auto& [tenant, contact] : places) {
            placed.add(tenant);
            contacts.add(contact);
        }
    }
};

/// Tenants without room were not looked at: they go on later where they were. All others that are not in `next` were
/// looked at to their end, or owe nothing.
void keep_places(std::unordered_map<TenantId, ContactId>& next, const std::unordered_map<TenantId, ContactId>& former,
                 const ports::ClaimShare& share)
{
    for (const auto& tenant : share.tenants) {
        const auto place = former.find(tenant.id);
        if (tenant.room == 0 && place != former.end()) next.insert(*place);
    }
}

}  // namespace

Due lock_due(pqxx::transaction_base& tx, const ports::ClaimShare& share, Places& places)
{
    auto& own_places = share.retries ? places.again : places.first;
    Columns columns(share, own_places);
    std::array<ArrayLiteral, 2> tenants;
    std::array<ArrayLiteral, 2> heads;
    std::array<std::size_t, 2> counts{};
    std::unordered_map<TenantId, ContactId> next;
    const auto rows = query(tx, statement(share.retries).c_str(), share.limit, share.per_tenant, share.per_receiver,
                            share.per_contact, columns.tenants.take(), columns.rooms.take(), columns.owners.take(),
                            columns.receivers.take(), columns.receiver_rooms.take(), columns.placed.take(),
                            columns.contacts.take(), array_of(share.busy), array_of(share.unrecorded));
    for (const auto& row : rows) {
        const auto tenant = id_of<TenantId>(row["tenant_id"]);
        const auto what = static_cast<What>(row["what"].as<int>());
        if (what == What::place) {
            next.emplace(tenant, id_of<ContactId>(row["id"]));
            continue;
        }
        const std::size_t which = what == What::under_way ? 1 : 0;
        tenants.at(which).add(tenant);
        heads.at(which).add(id_of<DeliveryId>(row["id"]));
        ++counts.at(which);
    }
    const bool more = !next.empty();
    keep_places(next, own_places, share);
    own_places = std::move(next);
    return {.free = {tenants[0].take(), heads[0].take(), counts[0]},
            .under_way = {tenants[1].take(), heads[1].take(), counts[1]},
            .more = more};
}

}  // namespace winnow::pg
