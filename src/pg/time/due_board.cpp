#include "winnow/pg/due_board.hpp"

#include "pg/session_pool.hpp"
#include "pg/values.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

/// A kind that waits, and the instant at which its earliest is due: one expression, null where nothing waits. It is
/// asked for every second, so it reads the first entry of an index on the due column, or a step a tenant.
struct Column {
    const char* kind;
    const char* due;
};

constexpr Column kBoard[] = {
    // The tenth of a second is what a release leaves to alerts that are received and not committed yet.
    {.kind = "hold", .due = R"sql(
least((select min(held_until) from tickets where state = 'held'),
      (select min(due_at) from rule_machines)) + interval '0.1 s')sql"},
    // As PgQuietStore finds its tenants: whose configuration has changed, whose source has ended, whose time has come.
    {.kind = "quiet", .due = R"sql(
case when exists (select from quiet_tickets where source_ended)
       or exists (
          with recursive oldest as (
              (select tenant_id, config_version from quiet_tickets order by tenant_id, config_version limit 1)
              union all
              select n.tenant_id, n.config_version
                from oldest o
               cross join lateral (
                  select q.tenant_id, q.config_version from quiet_tickets q
                   where q.tenant_id > o.tenant_id
                   order by q.tenant_id, q.config_version limit 1) n)
          select from oldest o join tenants t on t.tenant_id = o.tenant_id and o.config_version < t.config_version)
     then now() else (select min(recheck_at) from quiet_tickets) end)sql"},
    {.kind = "expiry", .due = "(select min(ends_at) from alert_instances where firing)"},
    // The earliest that it can be: a quiet ticket may wait under it.
    {.kind = "quiet_silence", .due = R"sql(
(select min(greatest(s.starts_at, s.created_at, (select max(ended_at) from outages),
                     (select c.last_matched_at from suppression_stats c
                       where c.tenant_id = s.tenant_id and c.cause_id = s.silence_id))
            + s.end_when_quiet_ms * interval '1 millisecond')
   from silences s where s.end_when_quiet_ms is not null and s.starts_at <= now() and s.ends_at > now()))sql"},
    // As PgSearchIndex finds who is behind.
    {.kind = "search", .due = R"sql(
case when exists (select from search_due where retry_at is null or retry_at <= now())
       or exists (select from ticket_numbers n left join search_progress p on p.tenant_id = n.tenant_id
                   where n.next_number - 1 > coalesce(p.indexed_number, 0)) then now() end)sql"},
    {.kind = "quiet_source",
     .due = "case when exists (select from quiet_tickets where source_key <> '') then now() end"},
};

constexpr auto kNow = "select 'now' as kind, null::int8 as ms, now() as began_at, null::timestamptz as ended_at";
constexpr auto kOutages = R"sql(
 union all
select 'outage', null, began_at, ended_at from outages where ended_at > now() - interval '1 day'
)sql";

/// All of it in one, of constant parts.
std::string statement()
{
    std::string sql = kNow;
    for (const auto& [kind, due] : kBoard) {
        sql += std::string("\n union all\nselect '") + kind + "', ceil(extract(epoch from " + due +
               " - now()) * 1000)::int8, null, null";
    }
    return sql + kOutages;
}

class PgDueBoard final : public ports::DueBoard {
public:
    explicit PgDueBoard(PgOptions options) : pool_(std::move(options)) {}

    Result<ports::DueTimes> look() override
    {
        return pool_.run([&](Session& session) -> Result<ports::DueTimes> {
            pqxx::nontransaction tx(session.connection());
            ports::DueTimes times;
            for (const auto& row : tx.exec(statement_)) {
                const auto kind = text_of(row["kind"]);
                if (kind == "now") {
                    times.now = time_of(row["began_at"]);
                } else if (kind == "outage") {
                    times.outages.push_back({.began = time_of(row["began_at"]), .ended = time_of(row["ended_at"])});
                } else if (!row["ms"].is_null()) {
                    times.in.emplace_back(kind, row["ms"].as<std::int64_t>());
                }
            }
            std::ranges::sort(times.outages, {}, &domain::Outage::began);
            return times;
        });
    }

private:
    const std::string statement_ = statement();
    SessionPool pool_;
};

}  // namespace

std::unique_ptr<ports::DueBoard> make_due_board(PgOptions options)
{
    return std::make_unique<PgDueBoard>(std::move(options));
}

}  // namespace winnow::pg
