#include "pg/upkeep/purges.hpp"

#include <array>

namespace winnow::pg {

namespace {

using namespace std::chrono_literals;

// Rows are named by ctid: whatever the planner believes of a table, a deletion finds them without reading it. One that
// was changed meanwhile has another ctid, and is left alone.

constexpr auto kReceipts = R"sql(
delete from idempotency_receipts
 where ctid = any(array(select ctid from idempotency_receipts where created_at < now() - interval '7 days'
                         order by created_at limit $1))
)sql";

// A day's grace: whoever still held a row of an ended stream is fenced by the stream's end (triage_store.cpp).
constexpr auto kProgress = R"sql(
delete from journal_progress
 where ctid = any(array(select p.ctid from journal_streams s join journal_progress p on p.stream = s.stream
                         where s.ended_at < now() - interval '1 day' limit $1))
)sql";

constexpr auto kNoise = R"sql(
delete from noise_counts
 where ctid = any(array(select ctid from noise_counts where hour < now() - interval '90 days' limit $1))
)sql";

// A day's grace: what comes late brings its own time.
constexpr auto kMachines = R"sql(
delete from rule_machines
 where ctid = any(array(select ctid from rule_machines where expires_at < now() - interval '1 day' and due_at is null
                         order by expires_at limit $1))
)sql";

constexpr std::array kPurges{
    Purge{.name = "receipts", .removals = {{{.sql = kReceipts, .at_once = 2'000}}}},
    Purge{.name = "progress", .removals = {{{.sql = kProgress, .at_once = 2'000}}}},
    Purge{.name = "noise", .removals = {{{.sql = kNoise, .at_once = 2'000}}}},
    Purge{.name = "rule_machines", .removals = {{{.sql = kMachines, .at_once = 2'000}}}, .interval = 10min},
};

constexpr auto kSources = R"sql(
with looked as materialized (
    select s.ctid as place, s.tenant_id, s.inhibition_id, s.source_key from inhibition_sources s
     where (s.tenant_id, s.inhibition_id, s.source_key) > ($2::uuid, $3::uuid, $4::text)
     order by s.tenant_id, s.inhibition_id, s.source_key limit $1
), gone as (
    delete from inhibition_sources
     where ctid = any(array(select place from looked l where not source_fires(l.tenant_id, l.source_key)))
    returning 1
)
select (select count(*) from looked), (select count(*) from gone), tenant_id, inhibition_id, source_key
  from looked order by tenant_id desc, inhibition_id desc, source_key desc limit 1
)sql";

constexpr std::array kWalks{
    Walk{.name = "inhibition_sources", .sql = kSources, .at_once = 1'000, .interval = 5min},
};

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
