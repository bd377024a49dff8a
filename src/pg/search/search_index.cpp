#include "winnow/pg/search_index.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/turns/tenant_rounds.hpp"
#include "winnow/fair/setbacks.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace winnow::pg {

namespace {

// The next tenant after $1 that is behind.
constexpr auto kBehind = R"sql(
select tenant_id
  from ((select tenant_id from search_due
          where tenant_id > $1::uuid and tenant_id <> all($2::uuid[]) and (retry_at is null or retry_at <= now())
          order by tenant_id limit 1)
        union all
        (select n.tenant_id from ticket_numbers n left join search_progress p on p.tenant_id = n.tenant_id
          where n.tenant_id > $1::uuid and n.tenant_id <> all($2::uuid[])
            and n.next_number - 1 > coalesce(p.indexed_number, 0)
          order by n.tenant_id limit 1)) as behind
 order by tenant_id limit 1
)sql";

constexpr auto kLock = "select pg_try_advisory_xact_lock($1, hashtext($2))";

constexpr auto kNew = R"sql(
with fresh as materialized (
    select t.ticket_id, t.number, t.title, t.description, t.dedup_key, t.labels from tickets t
     where t.tenant_id = $1
       and t.number > coalesce((select indexed_number from search_progress where tenant_id = $1), 0)
     order by t.number limit $2
), stored as (
    insert into ticket_search (tenant_id, ticket_id, body, tokens)
    select $1, ticket_id, body, search_tokens($1, search_grams(body, true) || label_grams(labels))
      from fresh cross join lateral search_body(title, description, dedup_key) as body
    on conflict (tenant_id, ticket_id) do update set body = excluded.body, tokens = excluded.tokens
    returning 1
), moved as (
    insert into search_progress as p (tenant_id, indexed_number)
    select $1, coalesce((select max(number) from fresh),
                        (select next_number - 1 from ticket_numbers where tenant_id = $1), 0)
    on conflict (tenant_id) do update set indexed_number = greatest(p.indexed_number, excluded.indexed_number)
)
select count(*) from stored
)sql";

constexpr auto kChanged = R"sql(
with due as (
    delete from search_due
     where tenant_id = $1
       and due_id in (select due_id from search_due where tenant_id = $1 and (retry_at is null or retry_at <= now())
                       order by due_id limit $2)
    returning ticket_id
), stored as (
    insert into ticket_search (tenant_id, ticket_id, body, tokens)
    select $1, t.ticket_id, body, search_tokens($1, search_grams(body, true) || label_grams(t.labels))
      from (select distinct ticket_id from due) d
      join tickets t on t.tenant_id = $1 and t.ticket_id = d.ticket_id
     cross join lateral search_body(t.title, t.description, t.dedup_key) as body
    on conflict (tenant_id, ticket_id) do update set body = excluded.body, tokens = excluded.tokens
)
select count(*) from due
)sql";

// Searches look at what is due themselves, so a ticket that waits here is found all the same. One of each kind at most:
// the statements above are done for one new and one changed ticket when this is asked for.
constexpr auto kSetAside = R"sql(
with changed as (
    update search_due set retry_at = now() + interval '1 hour'
     where tenant_id = $1
       and due_id = (select min(due_id) from search_due
                      where tenant_id = $1 and (retry_at is null or retry_at <= now()))
    returning 1
), fresh as materialized (
    select ticket_id, number from tickets
     where tenant_id = $1
       and number > coalesce((select indexed_number from search_progress where tenant_id = $1), 0)
     order by number limit 1
), waits as (
    insert into search_due (tenant_id, ticket_id, retry_at) select $1, ticket_id, now() + interval '1 hour' from fresh
    returning 1
), moved as (
    insert into search_progress as p (tenant_id, indexed_number) select $1, number from fresh
    on conflict (tenant_id) do update set indexed_number = greatest(p.indexed_number, excluded.indexed_number)
)
select (select count(*) from changed) + (select count(*) from waits)
)sql";

class PgSearchIndex final : public ports::SearchIndex {
public:
    explicit PgSearchIndex(const Sessions& sessions) : pool_(sessions.of(Errand::chores)) {}

    Result<std::size_t> advance(std::size_t limit) override
    {
        const std::lock_guard lock(mutex_);
        const auto next = next_behind();
        if (!next) return next.error();
        if (next->is_nil()) return std::size_t{0};
        last_ = *next;
        const auto narrowed = narrowed_.find(last_);
        const auto at_once = narrowed == narrowed_.end() ? limit : std::min(narrowed->second, limit);
        const auto done = take_in(last_, at_once);
        if (!done) return failed(done.error(), at_once);
        narrowed_.erase(last_);
        setbacks_.succeeded(last_);
        return *done;
    }

    std::size_t set_aside() const noexcept override { return set_aside_; }

private:
    using Clock = std::chrono::steady_clock;

    /// Whose turn it is: tenants take turns, so that a busy one does not keep the others waiting. nil: nobody is
    /// behind.
    Result<TenantId> next_behind()
    {
        return pool_.run([&](Session& session) -> Result<TenantId> {
            pqxx::nontransaction tx(session.connection());
            const auto without = array_of(setbacks_.left_out(Clock::now()));
            auto behind = query(tx, kBehind, last_, without);
            if (behind.empty()) behind = query(tx, kBehind, TenantId(), without);  // round again
            return behind.empty() ? TenantId() : id_of<TenantId>(behind[0][0]);
        });
    }

    /// `work`: what it did.
    template <typename Work>
    Result<std::size_t> in_turn(TenantId tenant, Work work)
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            constexpr std::int32_t kSearchLockClass = 0x574E5345;
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (!query(tx, kLock, kSearchLockClass, tenant)[0][0].as<bool>()) return std::size_t{0};
            const auto done = work(tx);
            transaction.commit();
            return done;
        });
    }

    Result<std::size_t> take_in(TenantId tenant, std::size_t limit)
    {
        return in_turn(tenant, [&](pqxx::transaction_base& tx) {
            const auto added = query(tx, kNew, tenant, limit)[0][0].as<std::size_t>();
            return added + query(tx, kChanged, tenant, limit)[0][0].as<std::size_t>();
        });
    }

    /// The tenant's next turn takes half as many, until the ticket that cannot be taken in stands alone and waits for
    /// an hour. Where that does not help either, the tenant does.
    Result<std::size_t> failed(const Error& error, std::size_t at_once)
    {
        if (!may_be_one_tenants(error)) return error;
        if (at_once > 1) {
            narrowed_[last_] = at_once / 2;
            return std::size_t{1};
        }
        narrowed_.erase(last_);
        const auto waits = in_turn(
            last_, [&](pqxx::transaction_base& tx) { return query(tx, kSetAside, last_)[0][0].as<std::size_t>(); });
        if (waits && *waits > 0) {
            set_aside_ += *waits;
            observe::error("a ticket cannot be indexed; searches look at it without, and it is tried again in an hour",
                           {{"tenant_id", last_.str()}, {"error", error.message()}});
            return *waits;
        }
        const auto pause = setbacks_.failed(last_, Clock::now());
        observe::warn("a tenant's tickets cannot be indexed; it is left out for a while",
                      {{"tenant_id", last_.str()},
                       {"error", error.message()},
                       {"seconds", std::chrono::duration_cast<std::chrono::seconds>(pause).count()}});
        return std::size_t{1};
    }

    const Sessions pool_;
    std::mutex mutex_;  // one call at a time: what follows is guarded by it
    TenantId last_;     // whose turn it was
    std::unordered_map<TenantId, std::size_t> narrowed_;
    fair::Setbacks setbacks_;
    std::atomic<std::size_t> set_aside_ = 0;
};

}  // namespace

std::unique_ptr<ports::SearchIndex> make_search_index(const Sessions& sessions)
{
    return std::make_unique<PgSearchIndex>(sessions);
}

}  // namespace winnow::pg
