#include "winnow/pg/suspects.hpp"

#include "pg/connection.hpp"
#include "pg/sql_errors.hpp"
#include "pg/transaction.hpp"
#include "pg/values.hpp"
#include "pg/watchdog.hpp"

#include <pqxx/nontransaction>

#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace winnow::pg {

namespace {

/// First key of the lock by which a process is known; the second one are its dice.
constexpr std::int32_t kProcessLockClass = 0x574E5052;

// A process that dies takes nothing of the database along, so what was committed needs no flush to outlive it.
constexpr auto kForAProcess = "set synchronous_commit = off";

constexpr auto kDice = "select 1 + floor(random() * 2147483646)::int4";
constexpr auto kHold = "select pg_advisory_lock($1::int4, $2::int4)";

// A lock of a transaction: it is given back at once. Our own process would get it, but it is not dead.
constexpr auto kSeen = R"sql(
select s.deaths, s.of_tenant, s.seq, s.attempts,
       s.process = $2::int4 or not pg_try_advisory_xact_lock($3::int4, s.process) as alive
  from triage_suspects s where s.stream = $1 for update
)sql";

constexpr auto kFirst = "insert into triage_suspects (stream, deaths) values ($1, 1)";
constexpr auto kAgain = "update triage_suspects set deaths = deaths + 1, changed_at = now() where stream = $1";
constexpr auto kInnocent = R"sql(
update triage_suspects set of_tenant = null, seq = null, process = null, attempts = 0, changed_at = now() where stream = $1
)sql";
constexpr auto kBegin = R"sql(
update triage_suspects
   set of_tenant = $2, seq = $3, process = $4, attempts = case when $5 then attempts + 1 else 0 end, changed_at = now()
 where stream = $1
)sql";

// One that is found guilty stays so.
constexpr auto kRest = R"sql(
update triage_suspects
   set of_tenant = case when attempts > 0 then of_tenant end, seq = case when attempts > 0 then seq end,
       process = case when attempts > 0 then process end, attempts = greatest(attempts - 1, 0), changed_at = now()
 where stream = $1 and process = $2
)sql";
constexpr auto kForget = "delete from triage_suspects where stream = $1";

class PgSuspects final : public ports::Suspects {
public:
    explicit PgSuspects(PgOptions options) : options_(std::move(options)) {}

    Result<ports::Suspicion> open(domain::StreamId stream, bool patient) override
    {
        const std::lock_guard lock(mutex_);
        return on_session<ports::Suspicion>([&](Session& session) -> Result<ports::Suspicion> {
            open_.insert(stream);
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto rows = query(tx, kSeen, stream, process_, kProcessLockClass);
            if (rows.empty()) {
                query(tx, kFirst, stream);
                transaction.commit();
                return ports::Suspicion{.deaths = 1};
            }
            ports::Suspicion suspicion{.deaths = rows[0]["deaths"].as<std::int32_t>()};
            const bool on_trial = !rows[0]["seq"].is_null();
            const bool alive = on_trial && rows[0]["alive"].as<bool>();
            if (alive && patient) return ports::Suspicion{.undecided = true};
            if (on_trial && !alive) {
                suspicion.guilty = {.tenant = id_of<TenantId>(rows[0]["of_tenant"]),
                                    .seq = rows[0]["seq"].as<std::uint64_t>(),
                                    .unreadable = rows[0]["attempts"].as<std::int32_t>() > 0};
                return suspicion;  // stands as it is until begin()
            }
            if (alive) {
                query(tx, kInnocent, stream);
            } else {
                ++suspicion.deaths;
                query(tx, kAgain, stream);
            }
            transaction.commit();
            return suspicion;
        });
    }

    Result<Done> begin(domain::StreamId stream, TenantId tenant, std::uint64_t seq, bool guilty) override
    {
        const std::lock_guard lock(mutex_);
        return on_session<Done>([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            query(tx, kBegin, stream, tenant, seq, process_, guilty);
            return Done{};
        });
    }

    Result<Done> show() override
    {
        const std::lock_guard lock(mutex_);
        return on_session<Done>([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            tx.exec("select 1");
            return Done{};
        });
    }

    Result<Done> rest(domain::StreamId stream) override
    {
        const std::lock_guard lock(mutex_);
        return on_session<Done>([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            query(tx, kRest, stream, process_);
            return Done{};
        });
    }

    Result<Done> forget(domain::StreamId stream) override
    {
        const std::lock_guard lock(mutex_);
        auto forgotten = on_session<Done>([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            query(tx, kForget, stream);
            return Done{};
        });
        if (forgotten) open_.erase(stream);
        if (open_.empty()) session_.reset();  // until the next time that a writer dies
        return forgotten;
    }

private:
    /// With mutex_ held. The lock comes with the session, as long as it lasts.
    template <typename T, typename Work>
    Result<T> on_session(Work work)
    {
        auto outcome = translated([&]() -> Result<T> {
            if (session_ && session_->went_away()) session_.reset();
            if (!session_) {
                Session fresh(options_);
                const Watchdog::Guard guard(*dog_, fresh.socket(), options_.deadline);
                introduce(fresh);
                session_.emplace(std::move(fresh));
            }
            const Watchdog::Guard guard(*dog_, session_->socket(), options_.deadline);
            return work(*session_);
        });
        if (session_ && !session_->connection().is_open()) session_.reset();
        return outcome;
    }

    void introduce(Session& session)
    {
        pqxx::nontransaction tx(session.connection());
        tx.exec(kForAProcess);
        if (process_ == 0) process_ = tx.exec(kDice)[0][0].as<std::int32_t>();
        query(tx, kHold, kProcessLockClass, process_);
    }

    const PgOptions options_;
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    std::mutex mutex_;          // guards everything below
    std::int32_t process_ = 0;  ///< By which this one is known; 0: not yet.
    std::optional<Session> session_;
    std::set<domain::StreamId> open_;
};

}  // namespace

std::unique_ptr<ports::Suspects> make_suspects(PgOptions options)
{
    return std::make_unique<PgSuspects>(std::move(options));
}

}  // namespace winnow::pg
