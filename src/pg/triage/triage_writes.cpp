#include "pg/triage/triage_writes.hpp"

#include "pg/noise/noise_rows.hpp"
#include "pg/rows/multi_row.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/rows/values.hpp"
#include "pg/suppression/covers.hpp"
#include "pg/triage/delivery_rows.hpp"
#include "pg/triage/machine_rows.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

constexpr auto kQuarantine = R"sql(
insert into quarantined_rows (tenant_id, received_at, stream, seq, alerts) values ($1, $2, $3, $4, $5)
)sql";

// Arrays inside arrays and jsonb travel as text and are cast: unnest would flatten the former.
constexpr auto kInsertTickets = R"sql(
insert into tickets (tenant_id, ticket_id, number, state, severity, title, description, dedup_key, source, service,
                     component, group_name, class_name, labels, occurrences, first_seen_at, last_seen_at, opened_at,
                     acknowledged_at, recovered_at, closed_at, suppressed, suppression_reason, route, firing_instances,
                     event_seq, priority, held_by, held_rule, held_until, held_from, never_told, flapping,
                     episode_starts_at, integration_id, management_group_id)
select $1, id, number, state, severity, title, description, dedup_key, source, service, component, group_name,
       class_name, labels::jsonb, occurrences, to_timestamp(first_seen / 1000.0::float8),
       to_timestamp(last_seen / 1000.0::float8), to_timestamp(opened / 1000.0::float8),
       to_timestamp(acknowledged / 1000.0::float8), to_timestamp(recovered / 1000.0::float8),
       to_timestamp(closed / 1000.0::float8), suppressed, suppression_reason, route::uuid[], firing_instances,
       event_seq, priority, held_by, held_rule, to_timestamp(held_until / 1000.0::float8), held_from, never_told,
       flapping, to_timestamp(episode / 1000.0::float8), integration_id, management_group_id
  from unnest($2::uuid[], $3::int8[], $4::text[], $5::int2[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::int8[], $16::int8[], $17::int8[],
              $18::int8[], $19::int8[], $20::int8[], $21::int8[], $22::bool[], $23::text[], $24::text[], $25::int4[],
              $26::int4[], $27::text[], $28::text[], $29::uuid[], $30::int8[], $31::text[], $32::bool[], $33::text[],
              $34::int8[], $35::uuid[], $36::uuid[])
       as t(id, number, state, severity, title, description, dedup_key, source, service, component, group_name,
            class_name, labels, occurrences, first_seen, last_seen, opened, acknowledged, recovered, closed,
            suppressed, suppression_reason, route, firing_instances, event_seq, priority, held_by, held_rule,
            held_until, held_from, never_told, flapping, episode, integration_id, management_group_id)
)sql";

// Changed tickets are locked rows that exist, so these inserts never insert: an upsert is the one form of a multi-row
// update that reaches every row through the primary key whatever the planner believes of the table. A join was planned
// the wrong way round on a table that grew since it was analysed, and was fourteen times slower.
//
// Counters only: by far the most, since a storm repeats what is known.
const auto kCountTickets = R"sql(
insert into tickets as t (tenant_id, ticket_id, number, state, severity, title, dedup_key, first_seen_at, opened_at,
                          occurrences, last_seen_at, firing_instances)
select $1, id, 0, )sql" + sql_word(domain::TicketState::closed) +
                           R"sql(, 1, '', '-', 'epoch', 'epoch', occurrences, to_timestamp(last_seen / 1000.0::float8),
       firing_instances
  from unnest($2::uuid[], $3::int8[], $4::int8[], $5::int4[]) as u(id, occurrences, last_seen, firing_instances)
on conflict (tenant_id, ticket_id) do update
   set occurrences = excluded.occurrences, last_seen_at = excluded.last_seen_at,
       firing_instances = excluded.firing_instances, version = t.version + 1
)sql";

constexpr auto kChangeTickets = R"sql(
insert into tickets as t (tenant_id, ticket_id, number, dedup_key, opened_at, state, severity, title, source, service,
                          route, suppressed, suppression_reason, occurrences, first_seen_at, last_seen_at,
                          acknowledged_at, recovered_at, closed_at, event_seq, firing_instances, held_by, held_rule,
                          held_until, held_from, never_told, flapping, description, episode_starts_at,
                          integration_id, management_group_id)
select $1, id, 0, '-', 'epoch', state, severity, title, source, service, route::uuid[], suppressed, suppression_reason,
       occurrences, to_timestamp(first_seen / 1000.0::float8), to_timestamp(last_seen / 1000.0::float8),
       to_timestamp(acknowledged / 1000.0::float8), to_timestamp(recovered / 1000.0::float8),
       to_timestamp(closed / 1000.0::float8), event_seq, firing_instances, held_by, held_rule,
       to_timestamp(held_until / 1000.0::float8), held_from, never_told, flapping, description,
       to_timestamp(episode / 1000.0::float8), integration_id, management_group_id
  from unnest($2::uuid[], $3::text[], $4::int2[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[],
              $10::text[], $11::int8[], $12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::int4[],
              $18::int4[], $19::text[], $20::uuid[], $21::int8[], $22::text[], $23::bool[], $24::text[],
              $25::text[], $26::int8[], $27::uuid[], $28::uuid[])
       as u(id, state, severity, title, source, service, route, suppressed, suppression_reason, occurrences,
            first_seen, last_seen, acknowledged, recovered, closed, event_seq, firing_instances, held_by, held_rule,
            held_until, held_from, never_told, flapping, description, episode, integration_id, management_group_id)
on conflict (tenant_id, ticket_id) do update
   set state = excluded.state, severity = excluded.severity, title = excluded.title, source = excluded.source,
       service = excluded.service, route = excluded.route, suppressed = excluded.suppressed,
       suppression_reason = excluded.suppression_reason, occurrences = excluded.occurrences,
       first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at,
       acknowledged_at = excluded.acknowledged_at, recovered_at = excluded.recovered_at,
       closed_at = excluded.closed_at, event_seq = excluded.event_seq, firing_instances = excluded.firing_instances,
       held_by = excluded.held_by, held_rule = excluded.held_rule, held_until = excluded.held_until,
       held_from = excluded.held_from, never_told = excluded.never_told, flapping = excluded.flapping,
       description = excluded.description, episode_starts_at = excluded.episode_starts_at,
       integration_id = excluded.integration_id, management_group_id = excluded.management_group_id,
       version = t.version + 1
)sql";

constexpr auto kStoreInstances = R"sql(
insert into alert_instances as a (tenant_id, instance_key, ticket_id, starts_at, ends_at, firing, last_end)
select $1, key, ticket_id, to_timestamp(starts / 1000.0::float8), to_timestamp(ends / 1000.0::float8), firing,
       to_timestamp(last_end / 1000.0::float8)
  from unnest($2::text[], $3::uuid[], $4::int8[], $5::int8[], $6::bool[], $7::int8[])
       as t(key, ticket_id, starts, ends, firing, last_end)
on conflict (tenant_id, instance_key) do update
   set ticket_id = excluded.ticket_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
       firing = excluded.firing, last_end = excluded.last_end
)sql";

constexpr auto kInsertEvents = R"sql(
insert into ticket_events (tenant_id, ticket_id, seq, kind, at, actor, data)
select $1, ticket_id, seq, kind, to_timestamp(at / 1000.0::float8), actor, data::jsonb
  from unnest($2::uuid[], $3::int4[], $4::text[], $5::int8[], $6::text[], $7::text[])
       as t(ticket_id, seq, kind, at, actor, data)
)sql";

constexpr auto kInsertVerdicts = R"sql(
insert into verdicts (tenant_id, received_at, stream, seq, payload)
select $1, to_timestamp(received / 1000.0::float8), stream, seq, payload
  from unnest($2::int8[], $3::int4[], $4::int8[], $5::bytea[]) as t(received, stream, seq, payload)
)sql";

constexpr auto kCountRules = R"sql(
insert into rule_stats as s (tenant_id, rule_id, matched, last_matched_at, failed, last_error, last_failed_at)
select $1, rule_id, matched, case when matched > 0 then now() end, failed, error, case when failed > 0 then now() end
  from unnest($2::uuid[], $3::int8[], $4::int8[], $5::text[]) as t(rule_id, matched, failed, error)
on conflict (tenant_id, rule_id) do update
   set matched = s.matched + excluded.matched,
       last_matched_at = coalesce(excluded.last_matched_at, s.last_matched_at),
       failed = s.failed + excluded.failed,
       last_error = coalesce(excluded.last_error, s.last_error),
       last_failed_at = coalesce(excluded.last_failed_at, s.last_failed_at)
)sql";

constexpr auto kNumbers = R"sql(
insert into ticket_numbers as n (tenant_id, next_number) values ($1, $2)
on conflict (tenant_id) do update set next_number = greatest(n.next_number, excluded.next_number)
)sql";

int number_of(domain::Severity severity)
{
    return static_cast<int>(severity);
}

/// A restraint as columns.
struct RestraintRow {
    explicit RestraintRow(const tickets::Restraint& restraint)
        : until(epoch_ms(restraint.until)), never_told(restraint.never_told), flapping(to_string(restraint.flapping))
    {
        if (restraint.by) {
            by = to_string(*restraint.by);
            rule = restraint.rule_id;
        }
        if (restraint.from) from = to_string(*restraint.from);
    }

    std::optional<std::string_view> by;
    std::optional<RuleId> rule;
    std::optional<std::int64_t> until;
    std::optional<std::string_view> from;
    bool never_told;
    std::string_view flapping;
};

void insert_tickets(pqxx::transaction_base& tx, TenantId tenant, const std::vector<triage::Outcome::Opened>& opened)
{
    MultiRow<35> rows(tx, tenant, kInsertTickets);
    for (const auto& [t, firing_instances, restraint, episode] : opened) {
        const RestraintRow held(restraint);
        rows.add(t.id, t.number, to_string(t.state), number_of(t.severity), t.title, t.description, t.dedup_key,
                 t.source, t.service, t.component, t.group, t.class_name, labels_json(t.labels), t.occurrences,
                 epoch_ms(t.first_seen_at), epoch_ms(t.last_seen_at), epoch_ms(t.opened_at),
                 epoch_ms(t.acknowledged_at), epoch_ms(t.recovered_at), epoch_ms(t.closed_at), t.suppressed,
                 t.suppression_reason, array_of(t.route), firing_instances, t.event_seq, t.priority, held.by, held.rule,
                 held.until, held.from, held.never_told, held.flapping, epoch_ms(episode), t.integration_id,
                 t.management_group_id);
    }
    rows.flush();
}

/// True where nothing but the counters differs.
bool only_counted(const tickets::TicketCore& now, const tickets::TicketCore& before)
{
    return now.state == before.state && now.severity == before.severity && now.event_seq == before.event_seq &&
           now.suppressed == before.suppressed && now.first_seen_at == before.first_seen_at &&
           now.acknowledged_at == before.acknowledged_at && now.recovered_at == before.recovered_at &&
           now.closed_at == before.closed_at && now.title == before.title && now.source == before.source &&
           now.service == before.service && now.description == before.description &&
           now.episode_starts_at == before.episode_starts_at && now.suppression_reason == before.suppression_reason &&
           now.route == before.route && now.restraint == before.restraint &&
           now.integration_id == before.integration_id && now.management_group_id == before.management_group_id;
}

void update_tickets(pqxx::transaction_base& tx, TenantId tenant, const std::vector<tickets::TicketCore>& changed,
                    const triage::States& loaded)
{
    boost::unordered_flat_map<TicketId, const tickets::TicketCore*, std::hash<TicketId>> before;
    before.reserve(loaded.tickets.size());
    for (const auto& ticket : loaded.tickets) before.emplace(ticket.id, &ticket);

    MultiRow<4> counted(tx, tenant, kCountTickets.c_str());
    MultiRow<27> rows(tx, tenant, kChangeTickets);
    for (const auto& t : changed) {
        const auto found = before.find(t.id);
        if (found == before.end()) throw std::logic_error("a changed ticket was not loaded");
        if (only_counted(t, *found->second)) {
            counted.add(t.id, t.occurrences, epoch_ms(t.last_seen_at), t.firing_instances);
            continue;
        }
        const RestraintRow held(t.restraint);
        rows.add(t.id, to_string(t.state), number_of(t.severity), t.title, t.source, t.service, array_of(t.route),
                 t.suppressed, t.suppression_reason, t.occurrences, epoch_ms(t.first_seen_at), epoch_ms(t.last_seen_at),
                 epoch_ms(t.acknowledged_at), epoch_ms(t.recovered_at), epoch_ms(t.closed_at), t.event_seq,
                 t.firing_instances, held.by, held.rule, held.until, held.from, held.never_told, held.flapping,
                 t.description, epoch_ms(t.episode_starts_at), t.integration_id, t.management_group_id);
    }
    counted.flush();
    rows.flush();
}

void count_rules(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes)
{
    struct Count {
        std::int64_t matched = 0;
        std::int64_t failed = 0;
        std::optional<std::string> error;
    };
    std::map<RuleId, Count> counts;  // sorted: two tenants' statements share no row, but one order is one order
    for (const auto& [rule, matched] : writes.rule_matches) counts[rule].matched += matched;
    for (const auto& [rule, times, error] : writes.rule_failures) {
        counts[rule].failed += times;
        counts[rule].error = error;
    }
    MultiRow<4> rows(tx, tenant, kCountRules);
    for (const auto& [rule, count] : counts) rows.add(rule, count.matched, count.failed, count.error);
    rows.flush();
}

}  // namespace

void store_writes(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes,
                  const triage::States& loaded)
{
    const auto& outcome = writes.outcome;
    end_quiet(tx, tenant, writes);
    // First what was live and is not any more: a new ticket of the same key must find its place free.
    update_tickets(tx, tenant, outcome.changed, loaded);
    insert_tickets(tx, tenant, outcome.opened);

    MultiRow<6> instances(tx, tenant, kStoreInstances);
    for (const auto& i : outcome.instances) {
        instances.add(i.key, i.ticket_id, epoch_ms(i.starts_at), epoch_ms(i.ends_at), i.firing, epoch_ms(i.last_end));
    }
    instances.flush();

    MultiRow<6> events(tx, tenant, kInsertEvents);
    for (const auto& e : outcome.events) {
        events.add(e.ticket_id, e.seq, to_string(e.kind), epoch_ms(e.at), e.actor, e.data);
    }
    events.flush();

    MultiRow<4> verdicts(tx, tenant, kInsertVerdicts);
    for (const auto& [position, payload] : writes.verdict_rows) {
        verdicts.add(epoch_ms(position.received_at), position.stream, position.seq, hex_bytes(payload));
    }
    verdicts.flush();

    store_deliveries(tx, tenant, writes.deliveries);

    for (const auto& [position, alerts] : writes.quarantined) {
        query(tx, kQuarantine, tenant, position.received_at, position.stream, position.seq, alerts);
    }
    store_machines(tx, tenant, outcome.machines);
    count_rules(tx, tenant, writes);
    store_covers(tx, tenant, writes);
    add_noise(tx, tenant, writes.noise);
    if (!outcome.opened.empty()) query(tx, kNumbers, tenant, outcome.next_number);
}

}  // namespace winnow::pg
