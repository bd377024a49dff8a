#include "pg/upkeep/purges.hpp"

#include "pg/exports/forgetting.hpp"
#include "pg/imports/forgetting.hpp"
#include "pg/rows/delivery_states.hpp"
#include "pg/rows/ticket_states.hpp"
#include "pg/upkeep/plain_purges.hpp"

#include <array>
#include <string>
#include <string_view>

namespace winnow::pg {

namespace {

using namespace std::chrono_literals;
using domain::Kept;

// Rows are named by ctid: found without reading a table, whatever the planner believes of it. A changed one has
// another.

/// `p (tenant_id, kept)`: for how long each tenant keeps what belongs to a class.
#define WINNOW_POLICY                                                                             \
    " (select t.tenant_id, s.reopen_window_ms * interval '1 ms' as reopen_window,"                \
    " least(coalesce(s.journal_retention_days, $5::int), $2::int) * interval '1 day' as journal," \
    " least(days_kept(s.retention_days, $4::text, $3::int), $2::int) * interval '1 day' as kept"  \
    " from tenants t left join tenant_settings s using (tenant_id)"                               \
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
                      where k.tenant_id = p.tenant_id and (k.revoked_at is not null or k.expires_at is not null)
                        and least(k.revoked_at, k.expires_at) < now() - p.kept
                      order by least(k.revoked_at, k.expires_at) limit $1) k limit $1))sql";

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
    Purge{
        "exports", std::nullopt, {{{kForgetExportParts, 32}, {kForgetPartsOfNone, 32}, {kForgetExports, 100}, kNone}}},
    Purge{"imports",
          std::nullopt,
          {{{kForgetImportParts, 32}, {kForgetImportPartsOfNone, 32}, {kForgetImports, 100}, kNone}},
          10min},
    Purge{"streams", std::nullopt, {{{kProgress, 2'000}, {kStreams, 1'000}, kNone, kNone}}},
    Purge{"rule_machines", std::nullopt, {{{kMachines, 2'000}, kNone, kNone}}, 10min},
    Purge{"judge_costs", std::nullopt, {{{kJudgeCosts, 1'000}, kNone, kNone}}, 10min},
    Purge{"outages", std::nullopt, {{{kOutages, 1'000}, kNone, kNone, kNone}}},
    Purge{"sign_ins", std::nullopt, {{{kSessions, 1'000}, {kInvitations, 1'000}, {kLinks, 1'000}, {kFactors, 1'000}}}},
    Purge{"oidc_logins", std::nullopt, {{{kOidcLogins, 1'000}, kNone, kNone, kNone}}, 10min},
    Purge{"throttles", std::nullopt, {{{kThrottles, 2'000}, {kSourceThrottles, 2'000}, kNone, kNone}}, 10min},
    Purge{"users", std::nullopt, {{{kUsers, 100}, kNone, kNone, kNone}}},
    Purge{"server_mails", std::nullopt, {{{kServerMails, 1'000}, kNone, kNone, kNone}}},
    Purge{"support_grants", std::nullopt, {{{kSupportGrants, 1'000}, kNone, kNone, kNone}}},
    Purge{"staff_sessions", std::nullopt, {{{kStaffSessions, 1'000}, kNone, kNone, kNone}}},
    Purge{"announcements",
          std::nullopt,
          {{{kAnnouncements, 1'000}, {kAnnouncementTargets, 2'000}, {kAnnouncementReads, 2'000}, {kInquiries, 100}}}},
};

#undef WINNOW_POLICY

}  // namespace

std::span<const Purge> purges()
{
    return kPurges;
}

}  // namespace winnow::pg
