#include "winnow/pg/journal_streams.hpp"

#include "pg/journal/journal_session.hpp"
#include "pg/journal/outages.hpp"
#include "pg/journal/stream_locks.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"
#include "pg/takeover/release.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace winnow::pg {

namespace {

// The marks: who writes this stream opens sealed URLs (pg/upkeep/sealing.hpp), masks ids (domain/alert_ids.hpp),
// proves tenants and says whose groups a transaction is for (pg/tenants/proofs.hpp).
constexpr auto kOpen = R"sql(
insert into journal_streams (stream, node, settled_at, opens_urls, proves_tenants, reads_notices, says_groups)
overriding system value values (nextval('masked_streams'), $1, $2, true, true, true, true) returning stream
)sql";

constexpr auto kShare = R"sql(
select pg_try_advisory_lock_shared($1, $2) and exists (select from journal_streams where stream = $2 and ended_at is null)
)sql";
constexpr auto kClaim = "select pg_try_advisory_lock($1, $2)";
constexpr auto kReleaseShare = "select pg_advisory_unlock_shared($1, $2)";
constexpr auto kReleaseClaim = "select pg_advisory_unlock($1, $2)";
constexpr auto kIsOpen = "select exists (select from journal_streams where stream = $1 and ended_at is null)";

constexpr auto kUnended = R"sql(
select stream from journal_streams where ended_at is null and stream <> all($1::int4[]) order by stream
)sql";

// `settled_at` ($3): a day before the oldest row that is not applied yet, or before now where there is none.
// `received_at` never decreases along a stream, so everything that is still to be applied, or to come, was received
// later. The day is for transactions that commit late; days are what the journal is cut into. It follows the node's
// clock, not the database's, because that clock stamps the rows; and it follows it back, too.
//
// One statement, because it is most of what an idle node asks for. Its bound ($5) is a value when it is planned, so
// that the days before it are left out; and both parts see what was there before: the outage that this ends is written
// down.
constexpr auto kRenew = R"sql(
with renewed as (
    update journal_streams
       set renewed_at = case when $4 then now() else renewed_at end, applied_seq = greatest(applied_seq, $2),
           settled_at = least($3::timestamptz,
                              (select received_at from journal
                                where stream = $1 and seq > $2::bigint and received_at >= $5::timestamptz
                                order by seq limit 1)) - $6 * interval '1 second'
     where stream = $1 and ended_at is null
    returning settled_at
), noted as ()sql" WINNOW_NOTE_OUTAGE R"sql( and $4 and exists (select from renewed)
    on conflict (began_at) do nothing)
select settled_at from renewed
)sql";

constexpr auto kSettled = "select settled_at from journal_streams where stream = $1";

constexpr auto kUnapplied = R"sql(
select j.tenant_id, j.received_at, j.stream, j.seq, j.alert_count, j.payload
  from journal j
  left join journal_progress p on p.tenant_id = j.tenant_id and p.stream = j.stream
 where j.stream = $1
   and j.seq > greatest($2::bigint, (select applied_seq from journal_streams where stream = $1))
   and j.seq > coalesce(p.applied_seq, 0) and j.received_at >= $4::timestamptz
 order by j.seq, j.tenant_id
 limit $3
)sql";

constexpr auto kTakeovers = "select takeovers from journal_streams where stream = $1";

// No count that anybody reads needs more.
constexpr auto kBeginTakeover = R"sql(
update journal_streams set takeovers = least(takeovers, 1000) + 1 where stream = $1 and ended_at is null
)sql";

constexpr auto kTakeBack = R"sql(
update journal_streams set takeovers = takeovers - 1
 where stream = any($1::int4[]) and takeovers > 0 and ended_at is null
)sql";

constexpr auto kEnd = "update journal_streams set ended_at = now() where stream = $1 and ended_at is null";

constexpr auto kMakePartition = "select make_day_partitions((now() at time zone 'UTC')::date + $1::int4, 1)";

constexpr std::chrono::days kCommitsLate{1};

enum class Hold : std::uint8_t { shared, claimed };

/// The one that stamps what this node receives.
Timestamp node_clock()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

class PgJournalStreams final : public ports::JournalStreams {
public:
    PgJournalStreams(PgOptions options, const Sessions& readers)
        : options_(std::move(options)), readers_(readers.of(Errand::takeover))
    {
    }
    PgJournalStreams(const PgJournalStreams&) = delete;
    PgJournalStreams& operator=(const PgJournalStreams&) = delete;
    ~PgJournalStreams() override { take_back(); }

    Result<domain::StreamId> open(const std::string& node) override
    {
        return on_session<domain::StreamId>([&](Session& session) -> Result<domain::StreamId> {
            Transaction transaction(session);
            note_outage(transaction.tx());
            const auto stream =
                query(transaction.tx(), kOpen, node, node_clock() - kCommitsLate)[0][0].as<domain::StreamId>();
            // Before anybody can see the row. The lock belongs to the session and outlives the transaction.
            if (!query(transaction.tx(), "select pg_try_advisory_lock_shared($1, $2)", kStreamLockClass, stream)[0][0]
                     .as<bool>()) {
                return Error(ErrorCode::unavailable, "the new stream's lock is taken");
            }
            transaction.commit();
            held_.emplace(stream, Hold::shared);
            return stream;
        });
    }

    Result<std::unique_ptr<ports::JournalSession>> session(domain::StreamId stream) override
    {
        std::uint16_t writer = 0;
        {
            const std::lock_guard lock(mutex_);
            writer = next_writer_[stream]++;
        }
        auto opened = std::make_unique<PgJournalSession>(options_, stream, writer);
        if (auto ready = opened->open_to_write(); !ready) return ready.error();
        return std::unique_ptr<ports::JournalSession>(std::move(opened));
    }

    Result<Done> renew(domain::StreamId stream, std::uint64_t applied_seq, bool serves) override
    {
        return on_session<Done>([&](Session& session) -> Result<Done> {
            if (!held_.contains(stream)) return taken_over();
            pqxx::nontransaction tx(session.connection());
            if (!settled_.contains(stream)) {
                const auto known = query(tx, kSettled, stream);
                if (known.empty()) return taken_over();
                settled_[stream] = time_of(known[0][0]);
            }
            const auto now = node_clock();
            const auto bound = std::min(settled_[stream], now - kCommitsLate);
            const auto renewed =
                query(tx, kRenew, stream, applied_seq, now, serves, bound, std::chrono::seconds(kCommitsLate).count());
            if (renewed.empty()) return taken_over();
            settled_[stream] = time_of(renewed[0][0]);
            return Done{};
        });
    }

    Result<std::vector<domain::StreamId>> claim_orphans() override
    {
        return on_session<std::vector<domain::StreamId>>([&](Session& session) {
            pqxx::nontransaction tx(session.connection());
            std::vector<domain::StreamId> mine;  // the lock is re-entrant: asking again for ours would succeed
            for (const auto& [stream, hold] : held_) mine.push_back(stream);
            for (const auto& row : query(tx, kUnended, array_of(mine))) claim(tx, row[0].as<domain::StreamId>());
            std::vector<domain::StreamId> claimed;  // all, or what was claimed before a failure would be nobody's
            for (const auto& [stream, hold] : held_) {
                if (hold == Hold::claimed) claimed.push_back(stream);
            }
            return Result<std::vector<domain::StreamId>>(claimed);
        });
    }

    Result<std::int32_t> takeovers(domain::StreamId stream) override
    {
        return on_session<std::int32_t>([&](Session& session) -> Result<std::int32_t> {
            pqxx::nontransaction tx(session.connection());
            const auto known = query(tx, kTakeovers, stream);
            return known.empty() ? 0 : known[0][0].as<std::int32_t>();
        });
    }

    Result<Done> begin_takeover(domain::StreamId stream) override
    {
        return on_session<Done>([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            if (query(tx, kBeginTakeover, stream).affected_rows() == 0) return taken_over();
            begun_.insert(stream);
            return Done{};
        });
    }

    Result<std::vector<ports::JournalRow>> unapplied(domain::StreamId stream, std::uint64_t after_seq,
                                                     std::size_t limit) override
    {
        // Not on the session of the locks: a long look must not keep the heartbeat waiting.
        return readers_.run([&](Session& session) -> Result<std::vector<ports::JournalRow>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<ports::JournalRow> rows;
            const auto known = query(tx, kSettled, stream);
            const auto settled = known.empty() ? Timestamp{} : time_of(known[0][0]);
            for (const auto& row : query(tx, kUnapplied, stream, after_seq, limit, settled)) {
                rows.push_back({.tenant = id_of<TenantId>(row[0]),
                                .position = {.received_at = time_of(row[1]),
                                             .stream = row[2].as<domain::StreamId>(),
                                             .seq = row[3].as<std::uint64_t>()},
                                .alert_count = row[4].as<std::uint32_t>(),
                                .payload = bytes_of(row[5])});
            }
            return rows;
        });
    }

    Result<bool> release_row() override
    {
        // Not on the session of the locks: it may be much that is copied.
        return readers_.run([&](Session& session) -> Result<bool> {
            return release_rows(session, node_clock(), options_.deadline / 7);
        });
    }

    Result<Done> end(domain::StreamId stream) override
    {
        return on_session<Done>([&](Session& session) -> Result<Done> {
            const auto held = held_.find(stream);
            if (held == held_.end()) return taken_over();
            pqxx::nontransaction tx(session.connection());
            query(tx, kEnd, stream);
            query(tx, held->second == Hold::shared ? kReleaseShare : kReleaseClaim, kStreamLockClass, stream);
            held_.erase(held);
            begun_.erase(stream);
            settled_.erase(stream);
            return Done{};
        });
    }

    Result<Done> maintain_partitions() override
    {
        return on_session<Done>([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            query(tx, kMakePartition, 0);
            try {
                query(tx, kMakePartition, 1);
            } catch (const pqxx::sql_error& failure) {  // there is a day left for it
                observe::warn("tomorrow's partition of the journal cannot be made yet",
                              {{"error", to_error(failure).message()}});
            }
            return Done{};
        });
    }

private:
    static Error taken_over() { return {ErrorCode::conflict, "the stream was taken over"}; }

    void claim(pqxx::transaction_base& tx, domain::StreamId stream)
    {
        if (!query(tx, kClaim, kStreamLockClass, stream)[0][0].as<bool>()) return;
        if (query(tx, kIsOpen, stream)[0][0].as<bool>()) {
            held_.emplace(stream, Hold::claimed);
        } else {  // its claimant ended it just before
            query(tx, kReleaseClaim, kStreamLockClass, stream);
        }
    }

    /// This process ends in order, and has died over no stream's rows.
    void take_back() noexcept
    {
        try {
            const std::lock_guard lock(mutex_);
            if (begun_.empty() || !session_) return;
            const Watchdog::Guard guard(*dog_, session_->socket(), options_.deadline);
            pqxx::nontransaction tx(session_->connection());
            query(tx, kTakeBack, array_of(begun_));
        } catch (const std::exception& failure) {  // the next one tries rows that it need not
            observe::warn("that streams were taken over cannot be taken back", {{"error", failure.what()}});
        }
    }

    /// After a lost session: takes the locks again. Streams that somebody else took meanwhile are no longer held.
    void hold_again(Session& session)
    {
        pqxx::nontransaction tx(session.connection());
        for (auto held = held_.begin(); held != held_.end();) {
            const bool ours =
                query(tx, held->second == Hold::shared ? kShare : kClaim, kStreamLockClass, held->first)[0][0]
                    .as<bool>() &&
                query(tx, kIsOpen, held->first)[0][0].as<bool>();
            held = ours ? std::next(held) : held_.erase(held);
        }
    }

    template <typename T, typename Work>
    Result<T> on_session(Work work)
    {
        const std::lock_guard lock(mutex_);
        auto outcome = translated([&]() -> Result<T> {
            if (session_ && session_->went_away()) session_.reset();
            if (!session_) {
                Session fresh(options_);
                const Watchdog::Guard connecting(*dog_, fresh.socket(), options_.deadline);
                hold_again(fresh);
                session_.emplace(std::move(fresh));
            }
            const Watchdog::Guard guard(*dog_, session_->socket(), options_.deadline);
            return work(*session_);
        });
        if (session_ && !session_->connection().is_open()) session_.reset();
        return outcome;
    }

    const PgOptions options_;
    const Sessions readers_;
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    std::mutex mutex_;  // guards everything below
    std::optional<Session> session_;
    std::map<domain::StreamId, Hold> held_;
    std::set<domain::StreamId> begun_;               ///< Taken over by this process, and not ended.
    std::map<domain::StreamId, Timestamp> settled_;  ///< Of streams that this process renews: nobody else does.
    std::map<domain::StreamId, std::uint16_t> next_writer_;
};

}  // namespace

std::unique_ptr<ports::JournalStreams> make_journal_streams(PgOptions options)
{
    const Sessions readers(options);
    return make_journal_streams(std::move(options), readers);
}

std::unique_ptr<ports::JournalStreams> make_journal_streams(PgOptions options, const Sessions& readers)
{
    return std::make_unique<PgJournalStreams>(std::move(options), readers);
}

}  // namespace winnow::pg
