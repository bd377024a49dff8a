#include "winnow/pg/access_records.hpp"

#include "pg/audit/access_rows.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/database_threads.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using Clock = std::chrono::steady_clock;
using ports::OwnedAccess;

/// Some milliseconds; whoever comes meanwhile waits for them.
constexpr std::size_t kAtOnce = 500;

/// By which a month's partition is known.
std::chrono::year_month month_of(Timestamp at)
{
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
    return day.year() / day.month();
}

/// Partitions are made ahead of time by a chore. Here for the node whose chores did not run.
class Months {
public:
    void make(pqxx::transaction_base& tx, std::span<const OwnedAccess> entries)
    {
        for (const auto& [tenant, entry] : entries) make(tx, entry.at);
    }
    void make(pqxx::transaction_base& tx, Timestamp at)
    {
        const auto month = month_of(at);
        if (made_.contains(month)) return;
        make_access_partitions(tx, at, 1);
        made_.insert(month);
    }

private:
    std::set<std::chrono::year_month> made_;
};

class PgAccessRecords final : public ports::AccessRecords {
public:
    PgAccessRecords(const PgOptions& options, const AccessRecordLimits& limits)
        : limits_(limits), threads_(options, DatabaseThreads::one_line(options, "access"))
    {
    }

    void store(OwnedAccess access, std::size_t held, Finished finished) override
    {
        bool ask = false;
        bool is_full = false;
        {
            const std::lock_guard lock(mutex_);
            is_full = waiting_.size() >= limits_.waiting || (!waiting_.empty() && held_ + held > limits_.waiting_bytes);
            if (!is_full) {
                waiting_.push_back({.access = std::move(access),
                                    .held = held,
                                    .since = Clock::now(),
                                    .finished = std::move(finished)});
                held_ += held;
                ask = !std::exchange(asked_, true);
            }
            limits_.metrics.waiting(waiting_.size());
        }
        if (is_full) {
            limits_.metrics.refused();
            return finished(Error(ErrorCode::unavailable, "too many calls wait for their place in the access log"));
        }
        if (ask) ask_for_turn();
    }

    Result<Done> prepare() override
    {
        std::promise<Result<Done>> done;
        const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        threads_.submit(TenantId(), {.work =
                                         [&](Session& session) {
                                             done.set_value(translated([&]() -> Result<Done> {
                                                 pqxx::nontransaction tx(session.connection());
                                                 make_access_partitions(tx, now, 2);
                                                 return Done{};
                                             }));
                                         },
                                     .failed = [&](Error error) { done.set_value(std::move(error)); },
                                     .given_up = {}});
        return done.get_future().get();
    }

    bool healthy() const override { return threads_.healthy(); }

private:
    struct Waiting {
        OwnedAccess access;
        std::size_t held = 0;
        Clock::time_point since;
        Finished finished;
    };

    /// With asked_ set.
    void ask_for_turn()
    {
        threads_.submit(TenantId(), {.work = [this](Session& session) { store_next(session); },
                                     .failed = [this](const Error& error) { fail_all(error); },
                                     .given_up = {}});
    }

    /// A transaction; what still waits then has another turn, in which a session that broke is another one.
    void store_next(Session& session)
    {
        std::vector<OwnedAccess> entries;
        std::vector<Finished> finished;
        take(kAtOnce, entries, finished);
        const auto begun = Clock::now();
        const auto stored = translated([&]() -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            months_.make(tx, entries);
            insert_access(tx, entries);  // one statement, and so committed when it has come back
            return Done{};
        });
        limits_.metrics.cost(Clock::now() - begun);
        for (auto& told : finished) told(stored);
        bool more = false;
        {
            const std::lock_guard lock(mutex_);
            more = !waiting_.empty();
            if (!more) asked_ = false;
        }
        if (more) ask_for_turn();
    }

    void fail_all(const Error& error)
    {
        std::vector<OwnedAccess> entries;
        std::vector<Finished> finished;
        take(limits_.waiting + 1, entries, finished);
        {
            const std::lock_guard lock(mutex_);
            asked_ = false;
        }
        for (auto& told : finished) told(error);
        // Who came between the two.
        bool ask = false;
        {
            const std::lock_guard lock(mutex_);
            ask = !waiting_.empty() && !std::exchange(asked_, true);
        }
        if (ask) ask_for_turn();
    }

    void take(std::size_t most, std::vector<OwnedAccess>& entries, std::vector<Finished>& finished)
    {
        const auto now = Clock::now();
        const std::lock_guard lock(mutex_);
        const auto count = std::min(most, waiting_.size());
        entries.reserve(count);
        finished.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            auto& first = waiting_.front();
            limits_.metrics.taken(now - first.since);
            entries.push_back(std::move(first.access));
            finished.push_back(std::move(first.finished));
            held_ -= first.held;
            waiting_.pop_front();
        }
        limits_.metrics.waiting(waiting_.size());
    }

    const AccessRecordLimits limits_;
    std::mutex mutex_;
    std::deque<Waiting> waiting_;  // guarded by mutex_, as what follows
    std::size_t held_ = 0;
    bool asked_ = false;       // for a turn of the thread, which has not ended
    Months months_;            // the thread's
    DatabaseThreads threads_;  // last: they end before what they use
};

constexpr auto kNoteKeys = R"sql(
select note_refused_keys($1::bytea[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                         $8::int4[], $9::int4[])
)sql";

class PgRefusedAccessStore final : public ports::RefusedAccessStore {
public:
    explicit PgRefusedAccessStore(const Sessions& sessions) : pool_(sessions.of(Errand::timers)) {}

    Result<Done> store(const std::vector<OwnedAccess>& refused, const std::vector<ports::RefusedKey>& keys) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            Months months;
            months.make(tx, refused);
            for (const auto& key : keys) months.make(tx, key.entry.at);
            if (!refused.empty()) insert_access(tx, refused);
            if (!keys.empty()) note_keys(tx, keys);
            transaction.commit();
            return Done{};
        });
    }

private:
    static void note_keys(pqxx::transaction_base& tx, const std::vector<ports::RefusedKey>& keys)
    {
        constexpr std::size_t kAddress = 64;
        constexpr std::size_t kMethod = 32;
        constexpr std::size_t kRoute = 200;
        constexpr std::size_t kColumns = 9;
        std::array<ArrayLiteral, kColumns> columns;
        for (const auto& [hash, entry] : keys) {
            std::size_t next = 0;
            const auto add = [&](const auto& value) {
                columns.at(next++).add(value);
            };
            add(hex_bytes(hash));
            add(entry.at);
            add(entry.until);
            add(fitting(entry.address, kAddress));
            add(fitting(entry.method, kMethod));
            add(fitting(entry.route, kRoute));
            add(entry.code);
            add(entry.status);
            add(std::max(entry.times, 1));
        }
        Arguments arguments;
        for (auto& column : columns) arguments.add_literal(column.take());
        query(tx, kNoteKeys, arguments);
    }

    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::AccessRecords> make_access_records(PgOptions options, const AccessRecordLimits& limits)
{
    options.connections = 1;  // whose turns are the transactions
    return std::make_unique<PgAccessRecords>(options, limits);
}

std::unique_ptr<ports::RefusedAccessStore> make_refused_access_store(const Sessions& sessions)
{
    return std::make_unique<PgRefusedAccessStore>(sessions);
}

}  // namespace winnow::pg
