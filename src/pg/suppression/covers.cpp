#include "pg/suppression/covers.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/multi_row.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/rows/values.hpp"

#include <pqxx/row>

#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>

namespace winnow::pg {

namespace {

// Those of the keys may change while the batch is judged, so all of them are needed. Of the others, which do not, one
// of each kind explains as much as ten thousand. Values that an earlier program stored may be long: no key is equal to
// them, nor to their beginning, so that is enough of them until their source fires again and has its key stored.
constexpr auto kSources = R"sql(
select s.inhibition_id, s.source_key, left(s.equal_values, 1000), s.two_sided
  from inhibition_sources s
 where s.tenant_id = $1 and s.source_key = any($4::text[]) and source_fires(s.tenant_id, s.source_key)
union all
select f.inhibition_id, f.source_key, f.equal_values, f.two_sided
  from unnest($2::uuid[], $3::text[]) as k(id, wanted)
 cross join (values (false), (true)) as kind(two_sided)
 cross join lateral (
    select s.inhibition_id, s.source_key, s.equal_values, s.two_sided from inhibition_sources s
     where s.tenant_id = $1 and s.inhibition_id = k.id and md5(s.equal_values) = md5(k.wanted)
       and s.equal_values = k.wanted and s.two_sided = kind.two_sided and s.source_key <> all($4::text[])
       and source_fires(s.tenant_id, s.source_key)
     limit 1) f
)sql";

constexpr auto kStoreSources = R"sql(
insert into inhibition_sources as s (tenant_id, inhibition_id, source_key, equal_values, two_sided)
select $1, i.inhibition_id, t.source_key, t.equal_values, t.two_sided
  from unnest($2::uuid[], $3::text[], $4::text[], $5::bool[]) as t(id, source_key, equal_values, two_sided)
  join inhibitions i on i.tenant_id = $1 and i.inhibition_id = t.id  -- it may be gone since the batch was evaluated
on conflict (tenant_id, inhibition_id, source_key) do update
   set equal_values = excluded.equal_values, two_sided = excluded.two_sided
)sql";

constexpr auto kForgetSources = R"sql(
delete from inhibition_sources s
 using unnest($2::uuid[], $3::text[]) as t(id, source_key)
 where s.tenant_id = $1 and s.inhibition_id = t.id and s.source_key = t.source_key
)sql";

constexpr auto kStoreQuiet = R"sql(
insert into quiet_tickets (tenant_id, ticket_id, kind, cause_id, source_key, alert_id, alert, recheck_at,
                           config_version, source_ended)
select $1, ticket_id, kind, cause_id, source_key, alert_id, alert, to_timestamp(recheck / 1000.0::float8),
       config_version, source_ended
  from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::int8[], $9::int8[],
              $10::bool[])
       as t(ticket_id, kind, cause_id, source_key, alert_id, alert, recheck, config_version, source_ended)
on conflict (tenant_id, ticket_id) do update
   set kind = excluded.kind, cause_id = excluded.cause_id, source_key = excluded.source_key,
       alert_id = excluded.alert_id, alert = excluded.alert, recheck_at = excluded.recheck_at,
       config_version = excluded.config_version, source_ended = excluded.source_ended
)sql";

constexpr auto kForgetQuiet = "delete from quiet_tickets where tenant_id = $1 and ticket_id = any($2::uuid[])";

// It names no cause and no source any more: neither waits for it, or looks at it.
constexpr auto kPark = R"sql(
update quiet_tickets
   set cause_id = '00000000-0000-0000-0000-000000000000', source_key = '', source_ended = false, recheck_at = null,
       config_version = $3
 where tenant_id = $1 and ticket_id = any($2::uuid[])
)sql";

constexpr auto kEndSources = R"sql(
update quiet_tickets set source_ended = true
 where tenant_id = $1 and source_key = any($2::text[]) and source_key <> '' and not source_ended
)sql";

const auto kReturned = R"sql(
update quiet_tickets q set source_ended = true
  from tickets t
 where q.tenant_id = $1 and q.ticket_id = any($2::uuid[]) and q.config_version = $3
   and t.tenant_id = q.tenant_id and t.ticket_id = q.ticket_id
   and )sql" + sql_is_over("t");

constexpr auto kCount = R"sql(
insert into suppression_stats as s (tenant_id, cause_id, matched)
select $1, cause_id, matched from unnest($2::uuid[], $3::int8[]) as t(cause_id, matched)
on conflict (tenant_id, cause_id) do update
   set matched = s.matched + excluded.matched, last_matched_at = now()
)sql";

/// How a ticket without instances is named as the source of an inhibition.
std::string source_key_of_ticket(const std::string& dedup_key)
{
    return "k" + dedup_key;
}

/// These sources no longer fire: makes due what they cover.
void end_sources(pqxx::transaction_base& tx, TenantId tenant, const std::vector<std::string>& keys)
{
    if (!keys.empty()) query(tx, kEndSources, tenant, array_of(keys));
}

/// Keys of the alerts that fire no longer, as far as the outcome ends them.
std::vector<std::string> ended_sources(const triage::Outcome& outcome)
{
    std::vector<std::string> keys;
    for (const auto& ticket : outcome.changed) {
        if (domain::is_over(ticket.state, ticket.recovered_at)) keys.push_back(source_key_of_ticket(ticket.dedup_key));
    }
    for (const auto& instance : outcome.instances) {
        if (!instance.firing) keys.push_back("i" + instance.key);
    }
    return keys;
}

}  // namespace

std::vector<domain::InhibitionSource> load_sources(pqxx::transaction_base& tx, TenantId tenant,
                                                   const domain::InhibitionSourceKeys& keys)
{
    std::vector<domain::InhibitionSource> sources;
    if (keys.empty()) return sources;
    ArrayLiteral ids;
    ArrayLiteral values;
    for (const auto& [inhibition, equal] : keys.equals) {
        ids.add(inhibition);
        values.add(equal);
    }
    Arguments arguments;
    arguments.add(tenant);
    arguments.add_literal(ids.take());
    arguments.add_literal(values.take());
    arguments.add_literal(array_of(keys.keys));
    for (const auto& row : query(tx, kSources, arguments)) {
        sources.push_back({.inhibition = id_of<InhibitionId>(row[0]),
                           .key = text_of(row[1]),
                           .equal = text_of(row[2]),
                           .two_sided = row[3].as<bool>(),
                           .firing = true});
    }
    return sources;
}

void follow_people(pqxx::transaction_base& tx, TenantId tenant, const std::vector<ports::TicketChange>& changes)
{
    std::vector<std::string> ended;
    std::vector<TicketId> quiet;
    MultiRow<9> let_go(tx, tenant, kStoreQuiet);
    for (const auto& [ticket, events, alert] : changes) {
        const bool over = domain::is_over(ticket.state, ticket.recovered_at);
        if (over) ended.push_back(source_key_of_ticket(ticket.dedup_key));
        if (!over && ticket.suppressed) quiet.push_back(ticket.id);
        if (!alert) continue;
        let_go.add(ticket.id, to_string(domain::QuietKind::silence), Uuid(), "", domain::opener_of(ticket.id), *alert,
                   std::optional<std::int64_t>(), std::int64_t{0}, true);
    }
    end_sources(tx, tenant, ended);
    if (!quiet.empty()) query(tx, kReturned.c_str(), tenant, array_of(quiet), kParked);
    let_go.flush();
}

void end_quiet(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes)
{
    if (!writes.parked.empty()) query(tx, kPark, tenant, array_of(writes.parked), kParked);
    if (!writes.unquieted.empty()) query(tx, kForgetQuiet, tenant, array_of(writes.unquieted));
}

void store_covers(pqxx::transaction_base& tx, TenantId tenant, const ports::TriageWrites& writes)
{
    const auto ended = ended_sources(writes.outcome);
    end_sources(tx, tenant, ended);
    MultiRow<2> forgotten(tx, tenant, kForgetSources);
    MultiRow<4> sources(tx, tenant, kStoreSources);
    for (const auto& source : writes.sources) {
        if (source.firing) {
            sources.add(source.inhibition, source.key, source.equal, source.two_sided);
        } else {
            forgotten.add(source.inhibition, source.key);
        }
    }
    forgotten.flush();
    sources.flush();

    const std::unordered_set<std::string_view> over(ended.begin(), ended.end());  // covered and over in one transaction
    MultiRow<9> quiet(tx, tenant, kStoreQuiet);
    for (const auto& ticket : writes.quiet_tickets) {
        const auto& cover = ticket.cover;
        quiet.add(ticket.ticket_id, to_string(cover.cause.kind), cover.cause.id, cover.source_key, ticket.alert_id,
                  ticket.alert, epoch_ms(cover.until), ticket.config_version, over.contains(cover.source_key));
    }
    quiet.flush();

    MultiRow<2> counts(tx, tenant, kCount);
    for (const auto& [cause, matched] : writes.covers) counts.add(cause, matched);
    counts.flush();
}

ports::QuietTicket read_quiet_ticket(const pqxx::row& row)
{
    const auto kind = domain::parse_quiet_kind(row["kind"].c_str());
    if (!kind) throw std::runtime_error("a row of quiet_tickets cannot be read");
    return {.ticket_id = id_of<TicketId>(row["ticket_id"]),
            .alert_id = id_of<AlertId>(row["alert_id"]),
            .alert = text_of(row["alert"]),
            .cover = {.cause = {.kind = *kind, .id = uuid_of(row["cause_id"])},
                      .reason = {},
                      .until = optional_time_of(row["recheck_at"]),
                      .source_key = text_of(row["source_key"])},
            .config_version = row["config_version"].as<std::int64_t>()};
}

}  // namespace winnow::pg
