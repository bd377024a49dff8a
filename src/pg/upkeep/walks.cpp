#include "pg/upkeep/walks.hpp"

#include "pg/rows/sql_word.hpp"
#include "winnow/domain/ticket.hpp"

#include <array>
#include <string>

namespace winnow::pg {

namespace {

using namespace std::chrono_literals;
using domain::Kept;

// As in purges.cpp, rows are named by ctid, and one that was changed meanwhile is left alone.

// Under the fold lock, so that none can fire again between the look and the deletion.
constexpr auto kTenantsOfSources = R"sql(
select distinct tenant_id
  from (select s.tenant_id from inhibition_sources s
         where (s.tenant_id, s.inhibition_id, s.source_key) > ($2::uuid, $3::uuid, $4::text)
         order by s.tenant_id, s.inhibition_id, s.source_key limit $1) as next
)sql";

constexpr auto kSources = R"sql(
with looked as materialized (
    select s.ctid as place, s.tenant_id, s.inhibition_id, s.source_key from inhibition_sources s
     where (s.tenant_id, s.inhibition_id, s.source_key) > ($2::uuid, $3::uuid, $4::text)
       and s.tenant_id <= $5::uuid and s.tenant_id <> all($6::uuid[])
     order by s.tenant_id, s.inhibition_id, s.source_key limit $1
), gone as (
    delete from inhibition_sources
     where ctid = any(array(select place from looked l
                             where l.tenant_id = any($7::uuid[]) and not source_fires(l.tenant_id, l.source_key)))
    returning 1
)
select (select count(*) from looked), (select count(*) from gone), tenant_id, inhibition_id, source_key
  from looked order by tenant_id desc, inhibition_id desc, source_key desc limit 1
)sql";

/// Of a walk with a class: `p (reopen_window, journal, kept)`, for how long the tenant of `l` keeps what belongs to it.
#define WINNOW_POLICY_OF_L                                                                         \
    " cross join lateral (select s.reopen_window_ms * interval '1 ms' as reopen_window,"           \
    " least(coalesce(s.journal_retention_days, $10::int), $7::int) * interval '1 day' as journal," \
    " least(days_kept(s.retention_days, $9::text, $8::int), $7::int) * interval '1 day' as kept"   \
    " from tenants t left join tenant_settings s using (tenant_id) where t.tenant_id = l.tenant_id) p "

// An alert that is to fire until its sender ends it, of a ticket that was closed by hand as long ago as tickets are
// kept: nobody has spoken of it for as long. It no longer keeps the ticket. (One that is still sent does: without its
// ticket, it would page.) Under the fold lock, which is what keeps the ticket's count and its instances together.
constexpr auto kTenantsOfInstances = R"sql(
select distinct tenant_id
  from (select i.tenant_id from alert_instances i
         where (i.tenant_id, i.instance_key) > ($2::uuid, $4::text) and $3::uuid is not null
         order by i.tenant_id, i.instance_key limit $1) as next
)sql";

const auto kClosedInstances = R"sql(
with looked as materialized (
    select i.ctid as place, i.tenant_id, i.instance_key, i.ticket_id, i.firing and i.ends_at is null as endless
      from alert_instances i
     where (i.tenant_id, i.instance_key) > ($2::uuid, $4::text) and $3::uuid is not null
       and i.tenant_id <= $5::uuid and i.tenant_id <> all($6::uuid[])
     order by i.tenant_id, i.instance_key limit $1
), gone as (
    delete from alert_instances
     where ctid = any(array(
        select l.place from looked l)sql" WINNOW_POLICY_OF_L R"sql(
          left join tickets t on t.tenant_id = l.tenant_id and t.ticket_id = l.ticket_id
         where l.endless and l.tenant_id = any($11::uuid[])
           and (t.ticket_id is null
                or (t.state = )sql" +
                              sql_word(domain::TicketState::closed) +
                              R"sql(
                    and greatest(t.closed_at, t.last_seen_at)
                            < now() - greatest(p.kept, coalesce(p.reopen_window, '1 day'))))))
    returning tenant_id, ticket_id
), counted as (
    update tickets t set firing_instances = greatest(t.firing_instances - g.ended, 0)
      from (select tenant_id, ticket_id, count(*)::int as ended from gone group by 1, 2) g
     where t.tenant_id = g.tenant_id and t.ticket_id = g.ticket_id
)
select (select count(*) from looked), (select count(*) from gone), tenant_id, '00000000-0000-0000-0000-000000000000',
       instance_key
  from looked order by tenant_id desc, instance_key desc limit 1
)sql";

// How often a rule matched that is long gone.
constexpr auto kRuleStats = R"sql(
with looked as materialized (
    select s.ctid as place, s.tenant_id, s.rule_id, greatest(s.last_matched_at, s.last_failed_at) as latest
      from rule_stats s where (s.tenant_id, s.rule_id) > ($2::uuid, $3::uuid) and $4::text is not null
       and s.tenant_id <= $5::uuid and s.tenant_id <> all($6::uuid[])
     order by s.tenant_id, s.rule_id limit $1
), gone as (
    delete from rule_stats
     where ctid = any(array(select l.place from looked l)sql" WINNOW_POLICY_OF_L R"sql(
                             where coalesce(l.latest, '-infinity') < now() - p.kept
                               and not exists (select from rules r where r.tenant_id = l.tenant_id
                                                                     and r.rule_id = l.rule_id)))
    returning 1
)
select (select count(*) from looked), (select count(*) from gone), tenant_id, rule_id, ''
  from looked order by tenant_id desc, rule_id desc limit 1
)sql";

constexpr auto kSuppressionStats = R"sql(
with looked as materialized (
    select s.ctid as place, s.tenant_id, s.cause_id, s.last_matched_at
      from suppression_stats s where (s.tenant_id, s.cause_id) > ($2::uuid, $3::uuid) and $4::text is not null
       and s.tenant_id <= $5::uuid and s.tenant_id <> all($6::uuid[])
     order by s.tenant_id, s.cause_id limit $1
), gone as (
    delete from suppression_stats
     where ctid = any(array(
        select l.place from looked l)sql" WINNOW_POLICY_OF_L R"sql(
         where l.last_matched_at < now() - p.kept
           and not exists (select from silences c where c.tenant_id = l.tenant_id and c.silence_id = l.cause_id)
           and not exists (select from maintenance_windows c where c.tenant_id = l.tenant_id
                                                               and c.maintenance_window_id = l.cause_id)
           and not exists (select from inhibitions c where c.tenant_id = l.tenant_id and c.inhibition_id = l.cause_id)))
    returning 1
)
select (select count(*) from looked), (select count(*) from gone), tenant_id, cause_id, ''
  from looked order by tenant_id desc, cause_id desc limit 1
)sql";

// A version was in force until the next one came; the last one of a deleted rule only says that it is deleted. It goes
// when that is long ago, and before the oldest rule set that is kept: no verdict, and no rule set, can name it. An hour
// between, because nodes' clocks are not the database's.
constexpr auto kRuleVersions = R"sql(
with looked as materialized (
    select v.ctid as place, v.tenant_id, v.rule_id, v.version, v.changed_at from rule_versions v
     where (v.tenant_id, v.rule_id, v.version) > ($2::uuid, $3::uuid, coalesce(nullif($4::text, ''), '-1')::bigint)
       and v.tenant_id <= $5::uuid and v.tenant_id <> all($6::uuid[])
     order by v.tenant_id, v.rule_id, v.version limit $1
), gone as (
    delete from rule_versions
     where ctid = any(array(
        select l.place from looked l)sql" WINNOW_POLICY_OF_L R"sql(
         cross join lateral (
            select least(now() - greatest(p.kept, p.journal),
                         (select m.made_at - interval '1 hour' from ruleset_versions m
                           where m.tenant_id = l.tenant_id order by m.version limit 1)) as before) b
         where l.changed_at < b.before
           and coalesce((select n.changed_at from rule_versions n
                          where n.tenant_id = l.tenant_id and n.rule_id = l.rule_id and n.version > l.version
                          order by n.version limit 1),
                        case when exists (select from rules r where r.tenant_id = l.tenant_id
                                                                and r.rule_id = l.rule_id)
                             then 'infinity' else l.changed_at end) < b.before))
    returning 1
)
select (select count(*) from looked), (select count(*) from gone), tenant_id, rule_id, version::text
  from looked l order by l.tenant_id desc, l.rule_id desc, l.version desc limit 1
)sql";

const std::array kWalks{
    Walk{"inhibition_sources", std::nullopt, kTenantsOfSources, kSources, 1'000, 5min},
    Walk{"closed_instances", Kept::tickets, kTenantsOfInstances, kClosedInstances.c_str(), 1'000, 6h},
    Walk{"rule_statistics", Kept::statistics, nullptr, kRuleStats, 1'000, 6h},
    Walk{"suppression_statistics", Kept::statistics, nullptr, kSuppressionStats, 1'000, 6h},
    Walk{"rule_versions", Kept::rule_history, nullptr, kRuleVersions, 1'000, 6h},
};

#undef WINNOW_POLICY_OF_L

}  // namespace

std::span<const Walk> walks()
{
    return kWalks;
}

}  // namespace winnow::pg
