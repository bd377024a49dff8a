#include "winnow/pg/due_board.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/upkeep/tenant_rounds.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
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
    // Of other loops, which are told of it (pipeline::make_reminder_kind).
    {.kind = "delivery", .due = R"sql(
least((select min(next_attempt_at) from deliveries where state = 'pending'),
      (select min(lease_until) from deliveries where state = 'sending'),
      case when exists (select from owed_events) then now() end))sql"},
    {.kind = "backtest", .due = R"sql(
case when exists (select from backtests where state = 'queued') then now()
     else (select min(touched_at) from backtests where state = 'running') + interval '10 s' end)sql"},
    // A stream whose writers are gone: nobody holds its lock (pg/journal/stream_locks.hpp).
    {.kind = "takeover", .due = R"sql(
case when exists (
          select from journal_streams s
           where s.ended_at is null
             and not exists (select from pg_locks l
                              where l.locktype = 'advisory' and l.classid = x'574E5354'::int::oid
                                and l.objid = s.stream::oid and l.objsubid = 2 and l.granted
                                and l.database = (select oid from pg_database where datname = current_database())))
       or exists (select from quarantined_rows where release_asked)
     then now() end)sql"},
    // Chores that have something to do.
    {.kind = "gather_noise", .due = "case when exists (select from noise_deltas) then now() end"},
    {.kind = "gather_history", .due = "case when exists (select from history_deltas) then now() end"},
    {.kind = "count_history", .due = "case when exists (select from history_uncounted) then now() end"},
    {.kind = "require_proofs", .due = "case when exists (select from tenant_key where not required) then now() end"},
    {.kind = "seal_urls", .due = R"sql(
case when not urls_are_sealed()
       or exists (select from contacts where type = 'webhook' and sealed_url = '' and url <> '') then now() end)sql"},
    {.kind = "quiet_source",
     .due = "case when exists (select from quiet_tickets where source_key <> '') then now() end"},
};

constexpr auto kNow = "select 'now' as kind, null::int8 as ms, now() as began_at, null::timestamptz as ended_at";
// Every tenant's versions only grow.
constexpr auto kVersions = R"sql(
 union all
select 'configuration', count(*) + 1000003 * coalesce(sum(config_version + credentials_version), 0)::int8, null, null
  from tenants
)sql";
constexpr auto kOutages = R"sql(
 union all
select 'outage', null, began_at, ended_at from outages where ended_at > now() - interval '1 day'
)sql";

std::string line_of(const Column& column)
{
    return std::string("select '") + column.kind + "' as kind, ceil(extract(epoch from " + column.due +
           " - now()) * 1000)::int8 as ms, null::timestamptz as began_at, null::timestamptz as ended_at";
}

/// All of it in one, of constant parts.
std::string statement()
{
    std::string sql = kNow;
    for (const auto& column : kBoard) sql += "\n union all\n" + line_of(column);
    return sql + kVersions + kOutages;
}

class PgDueBoard final : public ports::DueBoard {
public:
    explicit PgDueBoard(const Sessions& sessions) : pool_(sessions.of(Errand::control)) {}

    Result<ports::DueTimes> look() override
    {
        return pool_.run([&](Session& session) -> Result<ports::DueTimes> {
            pqxx::nontransaction tx(session.connection());
            auto times = all_at_once(tx);
            if (!times) times = one_by_one(tx);
            std::ranges::sort(times->outages, {}, &domain::Outage::began);
            return *std::move(times);
        });
    }

private:
    /// Nothing where some tenant's row spoils it.
    std::optional<ports::DueTimes> all_at_once(pqxx::transaction_base& tx)
    {
        try {
            ports::DueTimes times;
            read(tx.exec(statement_), times);
            spoilt_ = false;
            return times;
        } catch (const pqxx::sql_error& failure) {
            if (!tx.conn().is_open()) throw;
            const auto error = to_error(failure);
            if (!may_be_one_tenants(error)) throw;
            if (!spoilt_.exchange(true)) {
                observe::error("what is due cannot be seen at once, and is looked for kind by kind",
                               {{"error", error.message()}});
            }
            return std::nullopt;
        }
    }

    /// What cannot be seen counts as due: its kind looks for it tenant by tenant, and the others' is seen.
    ports::DueTimes one_by_one(pqxx::transaction_base& tx)
    {
        ports::DueTimes times;
        read(tx.exec(std::string(kNow) + kVersions + kOutages), times);
        for (const auto& column : kBoard) {
            try {
                read(tx.exec(line_of(column)), times);
            } catch (const pqxx::sql_error&) {
                if (!tx.conn().is_open()) throw;
                times.in.emplace_back(column.kind, 0);
            }
        }
        return times;
    }

    void read(const pqxx::result& rows, ports::DueTimes& times)
    {
        for (const auto& row : rows) {
            const auto kind = text_of(row["kind"]);
            if (kind == "now") {
                times.now = time_of(row["began_at"]);
            } else if (kind == "outage") {
                times.outages.push_back({.began = time_of(row["began_at"]), .ended = time_of(row["ended_at"])});
            } else if (kind == "configuration") {
                const auto versions = row["ms"].as<std::int64_t>();
                if (versions_.exchange(versions) != versions) times.in.emplace_back(kind, 0);
            } else if (!row["ms"].is_null()) {
                times.in.emplace_back(kind, row["ms"].as<std::int64_t>());
            }
        }
    }

    const std::string statement_ = statement();
    const Sessions pool_;
    std::atomic<std::int64_t> versions_ = -1;  ///< What the last look found: due is what differs from it.
    std::atomic<bool> spoilt_ = false;
};

}  // namespace

std::unique_ptr<ports::DueBoard> make_due_board(const Sessions& sessions)
{
    return std::make_unique<PgDueBoard>(sessions);
}

}  // namespace winnow::pg
