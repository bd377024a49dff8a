#include "pg/outages.hpp"

#include "pg/values.hpp"

#include <pqxx/result>

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

}  // namespace winnow::pg
