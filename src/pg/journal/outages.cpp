#include "pg/journal/outages.hpp"

#include "pg/rows/values.hpp"

#include <pqxx/result>

#include <algorithm>

namespace winnow::pg {

namespace {

constexpr auto kNote = WINNOW_NOTE_OUTAGE " on conflict (began_at) do nothing";

constexpr auto kIsAway = "select coalesce(max(renewed_at) < now() - " WINNOW_AWAY_AFTER ", false) from journal_streams";

// From now, or from where the outage that is not written down yet began, back over every outage that ended less than
// the timeout before: also over one after which the next came before everybody could refresh.
constexpr auto kJudged = R"sql(
with recursive judged(until) as (
    select case when max(renewed_at) < now() - )sql" WINNOW_AWAY_AFTER R"sql( then max(renewed_at) else now() end
      from journal_streams
    union
    select o.began_at
      from judged j
      join outages o on o.ended_at > j.until - $1 * interval '1 millisecond' and o.began_at < j.until
)
select min(until) from judged
)sql";

// What waits to be applied, in three statements: the value that each finds is known where the next is planned. That one
// then leaves out the days before it, instead of opening each of them.
//
// `settled_at` of a stream is older than all of its rows that anybody still has to apply; there are none without a
// stream that is not ended.
constexpr auto kSettled = "select min(settled_at) from journal_streams where ended_at is null";

// A stream's first row, whosever, after what the tenant has applied and everybody has (`applied_seq` of the stream, as
// of the latest heartbeat): `received_at` never decreases along a stream, so none of the tenant's that waits is older.
constexpr auto kFirstAfter = R"sql(
select min(first.received_at)
  from journal_streams s
  left join journal_progress p on p.tenant_id = $1 and p.stream = s.stream
 cross join lateral (select j.received_at from journal j
                      where j.stream = s.stream and j.seq > greatest(s.applied_seq, p.applied_seq)
                        and j.received_at >= $2::timestamptz
                      order by j.seq limit 1) as first
 where s.ended_at is null
)sql";

// By the tenant and the time: a row of somebody else's that cannot be applied holds back its stream's applied_seq, and
// what came after it is everybody's.
constexpr auto kWaiting = R"sql(
select min(j.received_at)
  from journal_streams s
  left join journal_progress p on p.tenant_id = $1 and p.stream = s.stream
  join journal j on j.tenant_id = $1 and j.received_at >= $2::timestamptz
                and j.stream = s.stream and j.seq > greatest(s.applied_seq, p.applied_seq)
 where s.ended_at is null
)sql";

}  // namespace

void note_outage(pqxx::transaction_base& tx)
{
    tx.exec(kNote);
}

bool is_away(pqxx::transaction_base& tx)
{
    return tx.exec(kIsAway)[0][0].as<bool>();
}

Timestamp judged_until(pqxx::transaction_base& tx, std::chrono::milliseconds resolve_timeout)
{
    return time_of(query(tx, kJudged, resolve_timeout.count())[0][0]);
}

Timestamp judged_until(pqxx::transaction_base& tx, std::chrono::milliseconds resolve_timeout, TenantId tenant,
                       std::span<const domain::Outage> outages)
{
    const auto judged = domain::judged_until(outages, judged_until(tx, resolve_timeout), resolve_timeout);
    const auto waiting = waiting_since(tx, tenant);
    return waiting ? std::min(judged, *waiting) : judged;
}

std::optional<Timestamp> waiting_since(pqxx::transaction_base& tx, TenantId tenant)
{
    const auto settled = optional_time_of(tx.exec(kSettled)[0][0]);
    if (!settled) return std::nullopt;
    const auto first = optional_time_of(query(tx, kFirstAfter, tenant, *settled)[0][0]);
    if (!first) return std::nullopt;
    return optional_time_of(query(tx, kWaiting, tenant, *first)[0][0]);
}

}  // namespace winnow::pg
