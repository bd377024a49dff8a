#include "pg/triage/triage_states.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/legible.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/rows/values.hpp"
#include "pg/suppression/covers.hpp"
#include "pg/tickets/ticket_values.hpp"
#include "pg/triage/machine_rows.hpp"
#include "winnow/tickets/ticket_fields.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <pqxx/row>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

namespace winnow::pg {

namespace {

using tickets::TicketCore;
using triage::InstanceState;
using triage::States;

/// Those of a ticket's fields that triage works on, in the table's order.
const std::vector<const tickets::TicketField*>& core_fields()
{
    static const auto kFields = [] {
        std::vector<const tickets::TicketField*> fields;
        for (const auto& field : tickets::ticket_fields()) {
            if (field.core.index() > 0) fields.push_back(&field);
        }
        return fields;
    }();
    return kFields;
}

/// The restraint and what else only triage knows come first: kOwnColumns of them.
std::string select_tickets()
{
    std::string sql =
        "select held_by, held_rule, held_until, held_from, never_told, flapping, firing_instances, title_edited, "
        "episode_starts_at, group_by_hand";
    for (const auto* field : core_fields()) sql.append(", ").append(field->column);
    return sql + " from tickets ";
}

constexpr pqxx::row::size_type kOwnColumns = 10;

// Both sort below the locking: everybody locks tickets in the order of their ids.
const std::string& lock_live_sql()
{
    static const std::string kSql = select_tickets() + R"sql(
 where tenant_id = $1 and dedup_key = any($2::text[]) and )sql" +
                                    sql_is_live("tickets") +
                                    R"sql(
 order by ticket_id
   for update
)sql";
    return kSql;
}
const std::string& lock_by_id_sql()
{
    static const std::string kSql = select_tickets() + R"sql(
 where tenant_id = $1 and ticket_id = any($2::uuid[])
 order by ticket_id
   for update
)sql";
    return kSql;
}

constexpr auto kLatestOfKeys = R"sql(
select t.ticket_id
  from unnest($2::text[]) as k(key)
 cross join lateral (
    select ticket_id from tickets where tenant_id = $1 and dedup_key = k.key order by opened_at desc limit 1) as t
)sql";

constexpr auto kInstances = R"sql(
select instance_key, ticket_id, starts_at, ends_at, firing, last_end
  from alert_instances where tenant_id = $1 and instance_key = any($2::text[])
)sql";

constexpr auto kExpired = R"sql(
select instance_key, ticket_id, starts_at, ends_at, firing, last_end
  from alert_instances where tenant_id = $1 and firing and ends_at <= $2
 order by ends_at, instance_key collate "C" limit $3
)sql";

constexpr auto kNextNumber = "select next_number from ticket_numbers where tenant_id = $1";

tickets::Restraint read_restraint(const pqxx::row& row)
{
    tickets::Restraint restraint;
    if (!row[0].is_null()) restraint.by = domain::parse_hold_kind(row[0].c_str());
    if (!row[1].is_null()) restraint.rule_id = id_of<RuleId>(row[1]);
    restraint.until = optional_time_of(row[2]);
    if (!row[3].is_null()) restraint.from = domain::parse_ticket_state(row[3].c_str());
    restraint.never_told = row[4].as<bool>();
    restraint.flapping = tickets::parse_flapping(row[5].c_str()).value_or(tickets::Flapping::no);
    return restraint;
}

/// Takes a field's column.
struct CoreColumn {
    const pqxx::field& column;
    TicketCore& ticket;

    template <typename Value>
    void operator()(Value TicketCore::* at) const
    {
        read_value(column, ticket.*at);
    }
    void operator()(std::monostate /*unknown*/) const {}
};

TicketCore read_core(const pqxx::row& row)
{
    TicketCore ticket;
    ticket.restraint = read_restraint(row);
    ticket.firing_instances = row[6].as<std::int32_t>();
    ticket.title_edited = row[7].as<bool>();
    ticket.episode_starts_at = optional_time_of(row[8]);
    ticket.group_by_hand = row[9].as<bool>();
    auto place = kOwnColumns;
    for (const auto* field : core_fields()) {
        const auto column = row[place++];
        std::visit(CoreColumn{column, ticket}, field->core);
    }
    return ticket;
}

InstanceState read_instance(const pqxx::row& row)
{
    return {.key = text_of(row[0]),
            .ticket_id = id_of<TicketId>(row[1]),
            .starts_at = time_of(row[2]),
            .ends_at = optional_time_of(row[3]),
            .firing = row[4].as<bool>(),
            .last_end = optional_time_of(row[5])};
}

std::vector<InstanceState> read_instances(const pqxx::result& rows)
{
    std::vector<InstanceState> instances;
    instances.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) instances.push_back(read_instance(row));
    return instances;
}

/// Tickets of keys: the live ones, and where a key has none, its latest.
void lock_by_keys(pqxx::transaction_base& tx, TenantId tenant, const std::vector<std::string>& keys,
                  std::vector<TicketCore>& tickets)
{
    if (keys.empty()) return;
    boost::unordered_flat_set<std::string_view, std::hash<std::string_view>> without(keys.begin(), keys.end());
    const auto live = query(tx, lock_live_sql().c_str(), tenant, array_of(keys));
    tickets.reserve(static_cast<std::size_t>(live.size()));
    for (const auto& row : live) {
        tickets.push_back(read_core(row));
        without.erase(tickets.back().dedup_key);
    }
    if (without.empty()) return;
    std::vector<TicketId> latest;
    for (const auto& row : query(tx, kLatestOfKeys, tenant, array_of(without)))
        latest.push_back(id_of<TicketId>(row[0]));
    if (latest.empty()) return;
    for (const auto& row : query(tx, lock_by_id_sql().c_str(), tenant, array_of(latest)))
        tickets.push_back(read_core(row));
}

/// Those tickets, and those that instances refer to, that are not there yet.
void lock_missing(pqxx::transaction_base& tx, TenantId tenant, const std::vector<TicketId>& wanted, States& states)
{
    if (wanted.empty() && states.instances.empty()) return;
    std::unordered_set<TicketId> there;
    for (const auto& ticket : states.tickets) there.insert(ticket.id);
    std::vector<TicketId> missing;
    const auto want = [&](TicketId id) {
        if (there.insert(id).second) missing.push_back(id);
    };
    std::ranges::for_each(wanted, want);
    for (const auto& instance : states.instances) want(instance.ticket_id);
    if (missing.empty()) return;
    for (const auto& row : query(tx, lock_by_id_sql().c_str(), tenant, array_of(missing))) {
        states.tickets.push_back(read_core(row));
    }
}

std::int64_t next_number(pqxx::transaction_base& tx, TenantId tenant)
{
    const auto rows = query(tx, kNextNumber, tenant);
    return rows.empty() ? 1 : rows[0][0].as<std::int64_t>();
}

}  // namespace

States load_states(pqxx::transaction_base& tx, TenantId tenant, const triage::StateKeys& keys)
{
    States states;
    lock_by_keys(tx, tenant, keys.dedup_keys, states.tickets);
    if (!keys.instance_keys.empty()) {
        states.instances = read_instances(query(tx, kInstances, tenant, array_of(keys.instance_keys)));
    }
    lock_missing(tx, tenant, keys.tickets, states);
    states.machines = load_machines(tx, tenant, keys.machines);
    states.next_number = next_number(tx, tenant);
    states.sources = load_sources(tx, tenant, keys.sources);
    return states;
}

ports::ExpiredInstances load_expired(pqxx::transaction_base& tx, TenantId tenant, Timestamp until, std::size_t limit)
{
    ports::ExpiredInstances expired;
    read_legible(
        query(tx, kExpired, tenant, until, limit), expired.unread, [](const auto& row) { return text_of(row[0]); },
        [&](const auto& row) { expired.instances.push_back(read_instance(row)); });
    return expired;
}

}  // namespace winnow::pg
