#include "pg/outages.hpp"

#include "pg/values.hpp"

#include <pqxx/result>

#include <algorithm>

namespace winnow::pg {

namespace {

// A heartbeat comes every two seconds.
constexpr auto kNote = R"sql(
insert into outages (began_at, ended_at)
select b.at, now() from (select max(renewed_at) as at from journal_streams) as b
 where b.at < now() - interval '15 seconds'
on conflict (began_at) do nothing
)sql";

constexpr auto kIsAway = R"sql(
select coalesce(max(renewed_at) < now() - interval '15 seconds', false) from journal_streams
)sql";

// From now, or from where the outage that is not written down yet began, back over every outage that ended less than
// the timeout before: also over one after which the next came before everybody could refresh.
constexpr auto kJudged = R"sql(
with recursive judged(until) as (
    select case when max(renewed_at) < now() - interval '15 seconds' then max(renewed_at) else now() end
      from journal_streams
    union
    select o.began_at
      from judged j
      join outages o on o.ended_at > j.until - $1 * interval '1 millisecond' and o.began_at < j.until
)
select min(until) from judged
)sql";

// `applied_seq` of the stream: what everybody has applied, as of the latest heartbeat; so little is looked at.
constexpr auto kWaiting = R"sql(
select min(first.received_at)
  from journal_streams s
  left join journal_progress p on p.tenant_id = $1 and p.stream = s.stream
 cross join lateral (select j.received_at from journal j
                      where j.stream = s.stream and j.seq > greatest(s.applied_seq, coalesce(p.applied_seq, 0))
                        and j.tenant_id = $1 and j.received_at >= s.settled_at
                      order by j.seq limit 1) as first
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

Timestamp judged_until(pqxx::transaction_base& tx, std::chrono::milliseconds resolve_timeout, TenantId tenant)
{
    const auto judged = judged_until(tx, resolve_timeout);
    const auto waiting = optional_time_of(query(tx, kWaiting, tenant)[0][0]);
    return waiting ? std::min(judged, *waiting) : judged;
}

}  // namespace winnow::pg
