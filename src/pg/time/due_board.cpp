#include "winnow/pg/due_board.hpp"

#include "pg/journal/outages.hpp"
#include "pg/outbox/next_delivery.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/triage/outdated_quiet.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/ports/backtest_jobs.hpp"

#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// The whole takes some milliseconds. What takes longer counts as due: that costs its kind a look in vain, and waiting
// for it would cost all kinds theirs.
constexpr milliseconds kAtOnce{1'000};
constexpr milliseconds kAlone{300};       // a column by itself; and the wait for a lock
constexpr milliseconds kTogether{3'000};  // all columns, one by one
/// For so long they are looked at one by one after they could not be seen at once.
constexpr std::chrono::minutes kApart{1};

/// Beyond it nothing is told: the clock's arithmetic, in nanoseconds, ends after 292 years.
constexpr std::chrono::hours kFarthest{24};
constexpr std::chrono::hours kOldest{3'650 * 24};

/// A kind that waits, and the instant at which its earliest is due: one expression, null where nothing waits. It is
/// asked for every second, so it reads the first entry of an index on the due column, or a step a tenant.
struct Column {
    const char* kind;
    const char* due;
};

static_assert(ports::kBacktestSilence == std::chrono::seconds{10}, "the row of back-tests says so, too");

constexpr Column kBoard[] = {
    // The tenth of a second is what a release leaves to alerts that are received and not committed yet.
    {.kind = "hold", .due = R"sql(
least((select min(held_until) from tickets where state = 'held'),
      (select min(due_at) from rule_machines)) + interval '0.1 s')sql"},
    // As PgQuietStore finds its tenants: whose configuration has changed, whose source has ended, whose time has come.
    {.kind = "quiet", .due = R"sql(
case when exists (select from quiet_tickets where source_ended)
       or exists ()sql" WINNOW_OUTDATED_QUIET R"sql()
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
    // Source networks on trial, which nobody has said to keep.
    {.kind = "source_networks", .due = "(select min(revert_at) from source_networks)"},
    // Of other loops, which are told of it (pipeline::make_reminder_kind).
    {.kind = "delivery",
     .due = "least(" WINNOW_NEXT_DELIVERY ", case when exists (select from owed_events) then now() end)"},
    {.kind = "server_mail", .due = "(select min(due_at) from server_mails where state = 'pending')"},
    {.kind = "backtest", .due = R"sql(
case when exists (select from backtests where state = 'queued') then now()
     else (select min(touched_at) from backtests where state = 'running') + interval '10 s' end)sql"},
    {.kind = "export", .due = R"sql(
case when exists (select from exports where state = 'queued') then now()
     else (select min(touched_at) from exports where state = 'running') + interval '60 s' end)sql"},
    {.kind = "import", .due = R"sql(
case when exists (select from imports where state = 'queued') then now()
     else (select min(touched_at) from imports where state in ('checking', 'writing')) + interval '60 s' end)sql"},
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
    {.kind = "measure_tables", .due = "case when table_that_grew() is not null then now() end"},
    {.kind = "gather_noise", .due = "case when exists (select from noise_deltas) then now() end"},
    {.kind = "gather_history", .due = "case when exists (select from history_deltas) then now() end"},
    {.kind = "count_history", .due = "case when exists (select from history_uncounted) then now() end"},
    {.kind = "erase_tenants", .due = "(select min(begins_at) from erasures where finished_at is null)"},
    {.kind = "sign_heads", .due = "case when exists (select from audit_heads where grown) then now() end"},
    {.kind = "require_proofs", .due = "case when exists (select from tenant_key where not required) then now() end"},
    {.kind = "spare_payloads", .due = "case when not payloads_are_spared() then now() end"},
    {.kind = "seal_urls", .due = R"sql(
case when not urls_are_sealed()
       or exists (select from contacts where type = 'webhook' and sealed_url = '' and url <> '') then now() end)sql"},
    // The first one by its index: where nearly all have a source, `exists` would read the table until it meets one.
    {.kind = "quiet_source", .due = R"sql(
case when (select source_key from quiet_tickets where source_key <> ''
            order by tenant_id, source_key limit 1) is not null then now() end)sql"},
};

constexpr std::string_view kConfiguration = "configuration";
constexpr std::string_view kOutage = "outage";

constexpr auto kNow =
    "select 'now' as kind, null::int8 as ms, now() as began_at, null::timestamptz as ended_at, null::int8 as tenants";

// As ports::sum_of() has it.
constexpr auto kVersions = R"sql(
select 'configuration' as kind, coalesce(sum(config_version + credentials_version + 1), 0)::int8 as ms,
       null::timestamptz as began_at, null::timestamptz as ended_at,
       coalesce(bit_xor(('x' || right(replace(tenant_id::text, '-', ''), 16))::bit(64)::int8), 0) as tenants
  from tenants
)sql";

// And the one that no heartbeat has written down yet (pg/journal/outages.hpp).
constexpr auto kOutages = R"sql(
select 'outage' as kind, null::int8 as ms, began_at, ended_at, null::int8 as tenants
  from outages where ended_at > now() - interval '1 day'
 union all
select 'outage', null, b.at, now(), null
  from (select max(renewed_at) as at from journal_streams) b where b.at < now() - )sql" WINNOW_AWAY_AFTER;

/// A part of the look that can be asked for by itself, of constant text.
struct Part {
    std::string_view name;
    std::string sql;
};

std::vector<Part> parts()
{
    std::vector<Part> all;
    for (const auto& column : kBoard) {
        all.push_back({column.kind, std::string("select '") + column.kind + "' as kind, ceil(extract(epoch from " +
                                        column.due +
                                        " - now()) * 1000)::int8 as ms, null::timestamptz as began_at, "
                                        "null::timestamptz as ended_at, null::int8 as tenants"});
    }
    all.push_back({kConfiguration, kVersions});
    all.push_back({kOutage, kOutages});
    return all;
}

std::string all_in_one(const std::vector<Part>& parts)
{
    std::string sql = kNow;
    for (const auto& part : parts) sql += "\n union all\n" + part.sql;
    return sql;
}

PgOptions in_haste(PgOptions options)
{
    options.lock_timeout = std::min(options.lock_timeout, kAlone);
    options.statement_timeout = std::min(options.statement_timeout, kAtOnce);
    return options;
}

std::string_view first_line(std::string_view text)
{
    return text.substr(0, text.find('\n'));
}

/// What a look has seen of it.
struct Seen {
    ports::DueTimes times;  ///< But for configuration.
    std::optional<ports::VersionsSum> versions;
    bool outages = true;
};

void read(const pqxx::result& rows, Seen& seen)
{
    for (const auto& row : rows) {
        const auto kind = text_of(row["kind"]);
        if (kind == "now") {
            seen.times.now = time_of(row["began_at"]);
        } else if (kind == kOutage) {
            seen.times.outages.push_back({.began = time_of(row["began_at"]), .ended = time_of(row["ended_at"])});
        } else if (kind == kConfiguration) {
            seen.versions = ports::VersionsSum{.tenants = static_cast<std::uint64_t>(row["tenants"].as<std::int64_t>()),
                                               .versions = row["ms"].as<std::int64_t>()};
        } else if (!row["ms"].is_null()) {
            const milliseconds in(row["ms"].as<std::int64_t>());
            seen.times.in.emplace_back(kind, std::clamp<milliseconds>(in, -kOldest, kFarthest));
        }
    }
}

class PgDueBoard final : public ports::DueBoard {
public:
    PgDueBoard(PgOptions options, VersionsCompared compared)
        : compared_(std::move(compared)), pool_(in_haste(std::move(options)))
    {
    }

    Result<ports::DueTimes> look() override
    {
        return pool_.run([&](Session& session) -> Result<ports::DueTimes> {
            pqxx::nontransaction tx(session.connection());
            auto seen = all_at_once(tx);
            if (!seen) seen = one_by_one(tx);
            return told(*std::move(seen));
        });
    }

private:
    /// Nothing where some part cannot be seen, or could not a moment ago.
    std::optional<Seen> all_at_once(pqxx::transaction_base& tx)
    {
        {
            const std::lock_guard lock(mutex_);
            if (Clock::now() < apart_until_) return std::nullopt;
        }
        try {
            Seen seen;
            read(tx.exec(statement_), seen);
            const std::lock_guard lock(mutex_);
            unseen_.clear();
            apart_ = false;
            return seen;
        } catch (const pqxx::failure& failure) {
            go_apart(failure.what());
            if (!tx.conn().is_open()) throw;  // it may have hung in one of them: the next look will tell
            return std::nullopt;
        }
    }

    void go_apart(std::string_view why)
    {
        {
            const std::lock_guard lock(mutex_);
            apart_until_ = Clock::now() + kApart;
            if (std::exchange(apart_, true)) return;
        }
        observe::warn("what is due cannot be seen at once, and is looked for kind by kind",
                      {{"reason", first_line(why)}});
    }

    /// What cannot be seen counts as due: its kind looks for it tenant by tenant, and the others' is seen. An error
    /// only where the session does not answer at all.
    Seen one_by_one(pqxx::transaction_base& tx)
    {
        constexpr auto kPatience = "select set_config('statement_timeout', $1, false)";
        Seen seen;
        read(tx.exec(kNow), seen);
        query(tx, kPatience, std::to_string(kAlone.count()));
        const auto until = Clock::now() + kTogether;
        for (const auto& part : parts_) {
            if (Clock::now() >= until) {
                miss(part.name, "there is no time left for it", seen);
                continue;
            }
            try {
                read(tx.exec(part.sql), seen);
            } catch (const pqxx::sql_error& failure) {
                if (!tx.conn().is_open()) throw;
                miss(part.name, failure.what(), seen);
            }
        }
        query(tx, kPatience, std::to_string(kAtOnce.count()));
        return seen;
    }

    void miss(std::string_view part, std::string_view why, Seen& seen)
    {
        if (part == kOutage) {
            seen.outages = false;
        } else if (part != kConfiguration) {
            seen.times.in.emplace_back(part, 0);
        }
        {
            const std::lock_guard lock(mutex_);
            if (std::ranges::find(unseen_, part) != unseen_.end()) return;
            unseen_.push_back(part);
        }
        observe::error("what is due of a kind cannot be seen, and counts as due",
                       {{"kind", part}, {"reason", first_line(why)}});
    }

    ports::DueTimes told(Seen seen)
    {
        auto& times = seen.times;
        if (!compared_ || !seen.versions || compared_() != seen.versions) times.in.emplace_back(kConfiguration, 0);
        const std::lock_guard lock(mutex_);
        if (seen.outages) {
            std::ranges::sort(times.outages, {}, &domain::Outage::began);
            outages_ = times.outages;
        } else {
            times.outages = outages_;
        }
        return std::move(times);
    }

    const VersionsCompared compared_;
    const std::vector<Part> parts_ = parts();
    const std::string statement_ = all_in_one(parts_);
    const Sessions pool_;

    std::mutex mutex_;  // guards what follows
    Clock::time_point apart_until_;
    bool apart_ = false;                    ///< Since it could not be seen at once.
    std::vector<std::string_view> unseen_;  ///< Told of in the log, since all was seen at once.
    std::vector<domain::Outage> outages_;   ///< As they were seen last.
};

}  // namespace

std::unique_ptr<ports::DueBoard> make_due_board(PgOptions options, VersionsCompared compared)
{
    return std::make_unique<PgDueBoard>(std::move(options), std::move(compared));
}

std::vector<std::string_view> kinds_on_board()
{
    std::vector<std::string_view> kinds;
    for (const auto& column : kBoard) kinds.emplace_back(column.kind);
    kinds.push_back(kConfiguration);
    return kinds;
}

}  // namespace winnow::pg
