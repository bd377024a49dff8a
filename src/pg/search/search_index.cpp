#include "winnow/pg/search_index.hpp"

#include "pg/session_pool.hpp"
#include "pg/transaction.hpp"
#include "pg/values.hpp"

#include <pqxx/nontransaction>

#include <mutex>
#include <optional>
#include <utility>

namespace winnow::pg {

namespace {

// The next tenant after $1 that is behind.
constexpr auto kBehind = R"sql(
select tenant_id
  from ((select tenant_id from search_due where tenant_id > $1::uuid order by tenant_id limit 1)
        union all
        (select n.tenant_id from ticket_numbers n left join search_progress p on p.tenant_id = n.tenant_id
          where n.tenant_id > $1::uuid and n.next_number - 1 > coalesce(p.indexed_number, 0)
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
       and due_id in (select due_id from search_due where tenant_id = $1 order by due_id limit $2)
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

class PgSearchIndex final : public ports::SearchIndex {
public:
    explicit PgSearchIndex(PgOptions options) : pool_(std::move(options)) {}

    Result<std::size_t> advance(std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            constexpr std::int32_t kSearchLockClass = 0x574E5345;
            Transaction transaction(session);
            auto& tx = transaction.tx();
            auto behind = query(tx, kBehind, after(std::nullopt));
            if (behind.empty()) behind = query(tx, kBehind, after(TenantId()));  // round again
            if (behind.empty()) return std::size_t{0};
            const auto tenant = after(id_of<TenantId>(behind[0][0]));
            if (!query(tx, kLock, kSearchLockClass, tenant)[0][0].as<bool>()) return std::size_t{0};
            const auto added = query(tx, kNew, tenant, limit)[0][0].as<std::size_t>();
            const auto changed = query(tx, kChanged, tenant, limit)[0][0].as<std::size_t>();
            transaction.commit();
            return added + changed;
        });
    }

private:
    /// Whose turn was last: tenants take turns, so that a busy one does not keep the others waiting.
    TenantId after(std::optional<TenantId> last)
    {
        const std::lock_guard lock(mutex_);
        if (last) last_ = *last;
        return last_;
    }

    SessionPool pool_;
    std::mutex mutex_;
    TenantId last_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<ports::SearchIndex> make_search_index(PgOptions options)
{
    return std::make_unique<PgSearchIndex>(std::move(options));
}

}  // namespace winnow::pg
