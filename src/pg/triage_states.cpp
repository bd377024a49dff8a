#include "pg/triage_states.hpp"

#include "pg/array_literal.hpp"
#include "pg/values.hpp"

#include <pqxx/row>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace winnow::pg {

namespace {

using triage::InstanceState;
using triage::States;
using triage::TicketState;

// At most two candidates a key, each from an index of its own.
constexpr auto kTicketIdsByKey = R"sql(
select t.ticket_id
  from unnest($2::text[]) as k(key)
 cross join lateral (
    select c.ticket_id
      from ((select ticket_id, 0 as place from tickets
              where tenant_id = $1 and dedup_key = k.key and state not in ('recovered', 'closed'))
            union all
            (select ticket_id, 1 from tickets
              where tenant_id = $1 and dedup_key = k.key order by opened_at desc limit 1)) as c
     order by c.place limit 1) as t
)sql";

// Sorted below the locking: everybody locks tickets in the order of their ids.
constexpr auto kLockTickets = R"sql(
select ticket_id, number, state, severity, dedup_key, title, source, service, route, suppressed, suppression_reason,
       occurrences, first_seen_at, last_seen_at, opened_at, acknowledged_at, recovered_at, closed_at, event_seq,
       firing_instances
  from tickets
 where tenant_id = $1 and ticket_id = any($2::uuid[])
 order by ticket_id
   for update
)sql";

constexpr auto kInstances = R"sql(
select instance_key, ticket_id, starts_at, ends_at, firing
  from alert_instances where tenant_id = $1 and instance_key = any($2::text[])
)sql";

constexpr auto kExpired = R"sql(
select instance_key, ticket_id, starts_at, ends_at, firing
  from alert_instances where tenant_id = $1 and firing and ends_at <= now()
 order by ends_at, instance_key collate "C" limit $2
)sql";

constexpr auto kNextNumber = "select next_number from ticket_numbers where tenant_id = $1";

TicketState read_ticket_state(const pqxx::row& row)
{
    TicketState ticket;
    ticket.id = id_of<TicketId>(row[0]);
    ticket.number = row[1].as<std::int64_t>();
    const auto state = domain::parse_ticket_state(row[2].c_str());
    if (!state) throw std::runtime_error("a ticket's state is unknown to this program");
    ticket.state = *state;
    ticket.severity = static_cast<domain::Severity>(row[3].as<int>());
    ticket.dedup_key = text_of(row[4]);
    ticket.title = text_of(row[5]);
    ticket.source = text_of(row[6]);
    ticket.service = text_of(row[7]);
    ticket.route = ids_of<ContactGroupId>(row[8]);
    ticket.suppressed = row[9].as<bool>();
    ticket.suppression_reason = text_of(row[10]);
    ticket.occurrences = row[11].as<std::int64_t>();
    ticket.first_seen_at = time_of(row[12]);
    ticket.last_seen_at = time_of(row[13]);
    ticket.opened_at = time_of(row[14]);
    ticket.acknowledged_at = optional_time_of(row[15]);
    ticket.recovered_at = optional_time_of(row[16]);
    ticket.closed_at = optional_time_of(row[17]);
    ticket.event_seq = row[18].as<std::int32_t>();
    ticket.firing_instances = row[19].as<std::int32_t>();
    return ticket;
}

std::vector<InstanceState> read_instances(const pqxx::result& rows)
{
    std::vector<InstanceState> instances;
    instances.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) {
        instances.push_back({.key = text_of(row[0]),
                             .ticket_id = id_of<TicketId>(row[1]),
                             .starts_at = time_of(row[2]),
                             .ends_at = optional_time_of(row[3]),
                             .firing = row[4].as<bool>()});
    }
    return instances;
}

std::vector<TicketId> ticket_ids_of_keys(pqxx::transaction_base& tx, TenantId tenant,
                                         const std::vector<std::string>& keys)
{
    std::vector<TicketId> ids;
    if (keys.empty()) return ids;
    for (const auto& row : query(tx, kTicketIdsByKey, tenant, array_of(keys))) ids.push_back(id_of<TicketId>(row[0]));
    std::ranges::sort(ids);
    return ids;
}

/// `first`, sorted, are the tickets that come first in the answer.
States lock_tickets(pqxx::transaction_base& tx, TenantId tenant, const std::vector<TicketId>& first,
                    std::vector<InstanceState> instances)
{
    std::vector<TicketId> ids = first;
    for (const auto& instance : instances) ids.push_back(instance.ticket_id);
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());

    States states;
    states.instances = std::move(instances);
    if (!ids.empty()) {
        for (const auto& row : query(tx, kLockTickets, tenant, array_of(ids))) {
            states.tickets.push_back(read_ticket_state(row));
        }
        std::ranges::stable_partition(states.tickets,
                                      [&](const auto& ticket) { return std::ranges::binary_search(first, ticket.id); });
    }
    const auto number = query(tx, kNextNumber, tenant);
    if (!number.empty()) states.next_number = number[0][0].as<std::int64_t>();
    return states;
}

}  // namespace

States load_states(pqxx::transaction_base& tx, TenantId tenant, const triage::StateKeys& keys)
{
    const auto ids = ticket_ids_of_keys(tx, tenant, keys.dedup_keys);
    std::vector<InstanceState> instances;
    if (!keys.instance_keys.empty()) {
        instances = read_instances(query(tx, kInstances, tenant, array_of(keys.instance_keys)));
    }
    return lock_tickets(tx, tenant, ids, std::move(instances));
}

States load_states(pqxx::transaction_base& tx, TenantId tenant, const std::vector<InstanceState>& instances)
{
    return lock_tickets(tx, tenant, {}, instances);
}

std::vector<InstanceState> load_expired(pqxx::transaction_base& tx, TenantId tenant, std::size_t limit)
{
    return read_instances(query(tx, kExpired, tenant, limit));
}

}  // namespace winnow::pg
