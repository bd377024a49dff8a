#include "pg/upkeep/purges.hpp"

#include "pg/notify/delivery_states.hpp"
#include "pg/tickets/ticket_states.hpp"
#include "pg/upkeep/plain_purges.hpp"

#include <array>
#include <string>
#include <string_view>

namespace winnow::pg {

namespace {

using namespace std::chrono_literals;
using domain::Kept;

// Rows are named by ctid: whatever the planner believes of a table, a deletion finds them without reading it. One that
// was changed meanwhile has another ctid, and is left alone.

/// `p (tenant_id, kept)`: for how long each tenant keeps what belongs to a class.
#define WINNOW_POLICY                                                                                   \
    " (select t.tenant_id, s.reopen_window_ms * interval '1 ms' as reopen_window,"                      \
    " least(coalesce(s.journal_retention_days, $5::int), $2::int) * interval '1 day' as journal,"       \
    " least(coalesce((s.retention_days->>$4::text)::int, $3::int), $2::int) * interval '1 day' as kept" \
    " from tenants t left join tenant_settings s using (tenant_id)"                                     \
    " where t.tenant_id >= $6::uuid and t.tenant_id <= $7::uuid and t.tenant_id <> all($8::uuid[])) p "

constexpr auto kReceipts = "delete from idempotency_receipts where ctid = any(array(select r.place from" WINNOW_POLICY
                           R"sql(
 cross join lateral (select r.ctid as place from idempotency_receipts r
                      where r.tenant_id = p.tenant_id and r.created_at < now() - p.kept
                      order by r.created_at limit $1) r limit $1)))sql";

constexpr auto kNoise = "delete from noise_counts where ctid = any(array(select n.place from" WINNOW_POLICY R"sql(
 cross join lateral (select n.ctid as place from noise_counts n
                      where n.tenant_id = p.tenant_id and n.hour < now() - p.kept
                      order by n.hour limit $1) n limit $1)))sql";

const auto kDeliveries = "delete from deliveries where ctid = any(array(select d.place from" WINNOW_POLICY R"sql(
 cross join lateral (select d.ctid as place from deliveries d
                      where d.tenant_id = p.tenant_id and d.created_at < now() - p.kept and d.state not in )sql" +
                         sql_unfinished_deliveries() + R"sql(
                      order by d.created_at limit $1 for update skip locked) d limit $1)))sql";

// Those that no delivery tells of any more.
constexpr auto kNotices = "delete from notices where ctid = any(array(select n.place from" WINNOW_POLICY R"sql(
 cross join lateral (select n.ctid as place from notices n
                      where n.tenant_id = p.tenant_id and n.created_at < now() - p.kept and not exists (
                          select from deliveries d where d.tenant_id = n.tenant_id and d.ticket_id = n.ticket_id
                             and d.event_seq = n.event_seq) order by n.created_at limit $1) n limit $1)))sql";

constexpr auto kInstances =
    "delete from alert_instances where ctid = any(array(select i.place from" WINNOW_POLICY R"sql(
 cross join lateral (select i.ctid as place from alert_instances i
                      where i.tenant_id = p.tenant_id and not i.firing
                        and coalesce(i.ends_at, i.starts_at) < now() - p.kept
                      order by coalesce(i.ends_at, i.starts_at) limit $1 for update skip locked) i limit $1)))sql";

constexpr auto kBacktests = "delete from backtests where ctid = any(array(select b.place from" WINNOW_POLICY R"sql(
 cross join lateral (select b.ctid as place from backtests b
                      where b.tenant_id = p.tenant_id and b.finished_at < now() - p.kept
                      order by b.finished_at limit $1) b limit $1)))sql";

// A verdict of the journal can name them.
constexpr auto kSilences = "delete from silences where ctid = any(array(select s.place from" WINNOW_POLICY R"sql(
 cross join lateral (select s.ctid as place from silences s
                      where s.tenant_id = p.tenant_id and s.ends_at < now() - greatest(p.kept, p.journal)
                      order by s.ends_at limit $1) s limit $1)))sql";

// Of these tables the role sees some columns only, and ctid is none of them.
constexpr auto kApiKeys =
    "delete from api_keys where (tenant_id, key_id) in (select k.tenant_id, k.key_id from" WINNOW_POLICY R"sql(
 cross join lateral (select k.tenant_id, k.key_id from api_keys k
                      where k.tenant_id = p.tenant_id and (k.revoked_at is not null or k.expires_at is not null)
                        and least(k.revoked_at, k.expires_at) < now() - p.kept
                      order by least(k.revoked_at, k.expires_at) limit $1) k limit $1))sql";

constexpr auto kIntegrationKeys =
    "delete from integration_keys where (tenant_id, key_id) in (select k.tenant_id, k.key_id from" WINNOW_POLICY R"sql(
 cross join lateral (select k.tenant_id, k.key_id from integration_keys k
                      where k.tenant_id = p.tenant_id and k.revoked_at < now() - p.kept
                      order by k.revoked_at limit $1) k limit $1))sql";

constexpr auto kAccessKeys =
    "delete from access_keys where (tenant_id, access_key_id) in (select k.tenant_id, k.access_key_id "
    "from" WINNOW_POLICY R"sql(
 cross join lateral (select k.tenant_id, k.access_key_id from access_keys k
                      where k.tenant_id = p.tenant_id and least(k.revoked_at, k.expires_at) < now() - p.kept
                      order by least(k.revoked_at, k.expires_at) limit $1) k limit $1))sql";

constexpr auto kScimTokens =
    "delete from scim_tokens where (tenant_id, token_id) in (select k.tenant_id, k.token_id from" WINNOW_POLICY R"sql(
 cross join lateral (select k.tenant_id, k.token_id from scim_tokens k
                      where k.tenant_id = p.tenant_id and least(k.revoked_at, k.expires_at) < now() - p.kept
                      order by least(k.revoked_at, k.expires_at) limit $1) k limit $1))sql";

// The newest ones ($9) stay, however old.
constexpr auto kRulesets =
    "delete from ruleset_versions where ctid = any(array(select v.place from" WINNOW_POLICY R"sql(
 cross join lateral (select v.ctid as place from ruleset_versions v
                      where v.tenant_id = p.tenant_id and v.made_at < now() - greatest(p.kept, p.journal)
                        and v.version <= (select max(m.version) from ruleset_versions m
                                           where m.tenant_id = p.tenant_id) - $9::bigint
                      order by v.version limit $1) v limit $1)))sql";

// Of those before the newest ones ($9) the last of each hour stay, and after a day the last of each day.
constexpr auto kThinRulesets =
    "delete from ruleset_versions where ctid = any(array(select v.place from" WINNOW_POLICY R"sql(
 cross join lateral (select max(m.version) - $9::bigint as before from ruleset_versions m
                      where m.tenant_id = p.tenant_id) newest
 cross join lateral (
    select v.ctid as place from ruleset_versions v
     where v.tenant_id = p.tenant_id and v.version <= newest.before
       and (select date_trunc(u.unit, n.made_at) = date_trunc(u.unit, v.made_at)
              from ruleset_versions n,
                   (select case when v.made_at > now() - interval '1 day' then 'hour' else 'day' end as unit) u
             where n.tenant_id = v.tenant_id and n.version > v.version and n.version <= newest.before
             order by n.version limit 1)
     order by v.version limit $1) v
 limit $1)))sql";

/// ` p … t (tenant_id, ticket_id, place)`: up to `most` tickets that ended long ago. One that may reopen stays, and so
/// does one that others refer to, that somebody is still to be told of, or whose trouble goes on although it was closed
/// (when nobody speaks of that trouble any more, the walk "closed_instances" says so). What stays is what lives, not
/// history.
std::string old_tickets(std::string_view most, std::string_view also = "")
{
    return WINNOW_POLICY
           "cross join lateral (select t.tenant_id, t.ticket_id, t.ctid as place from tickets t"
           " where t.tenant_id = p.tenant_id and t.state in " +
           sql_ended_states() + R"sql(
   and coalesce(t.closed_at, t.recovered_at) < now() - greatest(p.kept, coalesce(p.reopen_window, '1 day'))
   and t.firing_instances = 0
   and not exists (select from tickets c where c.tenant_id = t.tenant_id and c.parent_id = t.ticket_id)
   and not exists (select from deliveries d where d.tenant_id = t.tenant_id and d.ticket_id = t.ticket_id
                                              and d.state in )sql" +
           sql_unfinished_deliveries() + ")" + std::string(also) +
           " order by coalesce(t.closed_at, t.recovered_at) limit " + std::string(most) +
           " for update of t skip locked) t ";
}

const auto kEventsOfTickets =
    "delete from ticket_events where ctid = any(array(select e.place from" + old_tickets("100") + R"sql(
 cross join lateral (select e.ctid as place from ticket_events e
                      where e.tenant_id = t.tenant_id and e.ticket_id = t.ticket_id limit $1) e limit $1)))sql";

const auto kDeliveriesOfTickets =
    "delete from deliveries where ctid = any(array(select d.place from" + old_tickets("100") + R"sql(
 cross join lateral (select d.ctid as place from deliveries d
                      where d.tenant_id = t.tenant_id and d.ticket_id = t.ticket_id limit $1) d limit $1)))sql";

const auto kNoticesOfTickets =  // each removal picks its tickets anew: the last's may have been others
    "delete from notices where ctid = any(array(select n.place from" + old_tickets("100") + R"sql(
 cross join lateral (select n.ctid as place from notices n
                      where n.tenant_id = t.tenant_id and n.ticket_id = t.ticket_id and not exists (
                          select from deliveries d where d.tenant_id = n.tenant_id and d.ticket_id = n.ticket_id
                             and d.event_seq = n.event_seq) limit $1) n limit $1)))sql";

const auto kTickets = "delete from tickets where ctid = any(array(select t.place from" + old_tickets("$1", R"sql(
   and not exists (select from ticket_events e where e.tenant_id = t.tenant_id and e.ticket_id = t.ticket_id)
   and not exists (select from deliveries d where d.tenant_id = t.tenant_id and d.ticket_id = t.ticket_id)
   and not exists (select from notices n where n.tenant_id = t.tenant_id and n.ticket_id = t.ticket_id))sql") +
                      " limit $1))";

constexpr auto kSetAsides =
    "delete from chore_set_asides where ctid = any(array(select a.place from" WINNOW_POLICY R"sql(
 cross join lateral (select a.ctid as place from chore_set_asides a
                      where a.tenant_id = p.tenant_id and a.set_aside_at < now() - p.kept
                      order by a.set_aside_at limit $1) a limit $1)))sql";

// As long as the alerts in them.
constexpr auto kQuarantined =
    "delete from quarantined_rows where ctid = any(array(select q.place from" WINNOW_POLICY R"sql(
 cross join lateral (select q.ctid as place from quarantined_rows q
                      where q.tenant_id = p.tenant_id and q.received_at < now() - p.journal
                      order by q.received_at limit $1) q limit $1)))sql";

// What is set aside until somebody changes it stays so for as long as that version is there.
constexpr auto kJudgeCosts = R"sql(
delete from set_asides
 where ctid = any(array(
    select s.ctid from set_asides s
     where s.last_at < now() - interval '1 day'
       and not (s.for_good and case s.kind
            when 'rule' then exists (select from rules o where o.tenant_id = s.tenant_id and o.rule_id = s.id
                                                           and o.version = s.version)
            when 'silence' then exists (select from silences o where o.tenant_id = s.tenant_id and o.silence_id = s.id
                                                                 and o.version = s.version)
            when 'inhibition' then exists (select from inhibitions o where o.tenant_id = s.tenant_id
                                              and o.inhibition_id = s.id and o.version = s.version)
            else exists (select from maintenance_windows o where o.tenant_id = s.tenant_id
                            and o.maintenance_window_id = s.id and o.version = s.version) end)
     order by s.last_at limit $1 for update skip locked))
)sql";

constexpr Removal kNone{};

const std::array kPurges{
    Purge{"tickets",
          Kept::tickets,
          {{{kEventsOfTickets.c_str(), 2'000},
            {kDeliveriesOfTickets.c_str(), 2'000},
            {kNoticesOfTickets.c_str(), 2'000},
            {kTickets.c_str(), 100}}}},
    Purge{"deliveries", Kept::deliveries, {{{kDeliveries.c_str(), 2'000}, {kNotices, 2'000}, kNone, kNone}}},
    Purge{"instances", Kept::instances, {{{kInstances, 2'000}, kNone, kNone, kNone}}},
    Purge{"noise", Kept::statistics, {{{kNoise, 2'000}, kNone, kNone, kNone}}},
    Purge{"quarantined_rows", Kept::journal, {{{kQuarantined, 1'000}, kNone, kNone, kNone}}},
    Purge{"set_asides", Kept::statistics, {{{kSetAsides, 100}, kNone, kNone, kNone}}},
    Purge{"receipts", Kept::receipts, {{{kReceipts, 2'000}, kNone, kNone, kNone}}},
    Purge{"silences", Kept::silences, {{{kSilences, 1'000}, kNone, kNone, kNone}}},
    Purge{"keys",
          Kept::keys,
          {{{kApiKeys, 1'000}, {kIntegrationKeys, 1'000}, {kAccessKeys, 1'000}, {kScimTokens, 1'000}}}},
    Purge{"backtests", Kept::backtests, {{{kBacktests, 100}, kNone, kNone, kNone}}},
    Purge{"rulesets", Kept::rule_history, {{{kRulesets, 1'000}, kNone, kNone}}, 1h, true},
    Purge{"dense_rulesets", Kept::rule_history, {{{kThinRulesets, 500}, kNone, kNone}}, 2min, true},
    Purge{"streams", std::nullopt, {{{kProgress, 2'000}, {kStreams, 1'000}, kNone, kNone}}},
    Purge{"rule_machines", std::nullopt, {{{kMachines, 2'000}, kNone, kNone}}, 10min},
    Purge{"judge_costs", std::nullopt, {{{kJudgeCosts, 1'000}, kNone, kNone}}, 10min},
    Purge{"outages", std::nullopt, {{{kOutages, 1'000}, kNone, kNone, kNone}}},
    Purge{"sign_ins", std::nullopt, {{{kSessions, 1'000}, {kInvitations, 1'000}, {kLinks, 1'000}, {kFactors, 1'000}}}},
    Purge{"throttles", std::nullopt, {{{kThrottles, 2'000}, {kSourceThrottles, 2'000}, kNone, kNone}}, 10min},
    Purge{"users", std::nullopt, {{{kUsers, 100}, kNone, kNone, kNone}}},
    Purge{"server_mails", std::nullopt, {{{kServerMails, 1'000}, kNone, kNone, kNone}}},
};

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

/// Walks with a class: `p` as above, of the tenant of `l`.
#define WINNOW_POLICY_OF_L                                                                              \
    " cross join lateral (select s.reopen_window_ms * interval '1 ms' as reopen_window,"                \
    " least(coalesce(s.journal_retention_days, $10::int), $7::int) * interval '1 day' as journal,"      \
    " least(coalesce((s.retention_days->>$9::text)::int, $8::int), $7::int) * interval '1 day' as kept" \
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

#undef WINNOW_POLICY
#undef WINNOW_POLICY_OF_L

}  // namespace

std::span<const Purge> purges()
{
    return kPurges;
}

std::span<const Walk> walks()
{
    return kWalks;
}

}  // namespace winnow::pg
