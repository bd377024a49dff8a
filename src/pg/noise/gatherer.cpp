#include "pg/noise/gatherer.hpp"

#include "pg/noise/columns.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/turns/tenant_rounds.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/except>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::pg {

namespace {

constexpr std::int32_t kGatherLock = 0x574E4E4F;

constexpr auto kNextTenant =
    "select tenant_id from noise_deltas where tenant_id > $1 and tenant_id <> all($2::uuid[]) order by tenant_id limit "
    "1";

constexpr auto kSetAside = R"sql(
with poisoned as (
    delete from noise_deltas
     where tenant_id = $1 and delta_id = (select min(delta_id) from noise_deltas where tenant_id = $1) returning *
)
insert into chore_set_asides (tenant_id, chore, reason, content)
select tenant_id, 'gather_noise', $2, to_jsonb(poisoned) from poisoned
 where (select count(*) from chore_set_asides where tenant_id = $1) < 100
)sql";

/// $1: how many deltas, $2: keys of a kind and hour, $3: the key of what is beyond them, $4: whose. Whoever runs it is
/// the only one.
std::string gather_statement()
{
    return "with due as (delete from noise_deltas where tenant_id = $4 and delta_id in "
           "(select delta_id from noise_deltas where tenant_id = $4 order by delta_id limit $1) returning *), "
           "given as (select tenant_id, hour, kind, key, " +
           noise_columns("sum(%) as %") + " from (" + expanded_noise("due") +
           ") as x group by tenant_id, hour, kind, key), "
           "counted as (select n.tenant_id, n.hour, n.kind, count(*) as keys from noise_counts n "
           "where n.kind in ('source', 'service') "
           "and (n.tenant_id, n.hour) in (select distinct tenant_id, hour from given) "
           "group by n.tenant_id, n.hour, n.kind), "
           "known as (select g.*, n.key is not null or g.kind in ('total', 'rule') or g.key = $3 as is_known from "
           "given g "
           "left join noise_counts n on (n.tenant_id, n.hour, n.kind, n.key) = (g.tenant_id, g.hour, g.kind, g.key)), "
           "placed as (select k.*, case when k.is_known or row_number() over "
           "(partition by k.tenant_id, k.hour, k.kind, k.is_known order by k.received desc, k.key) "
           "+ coalesce(c.keys, 0) <= $2 then k.key else $3 end as place "
           "from known k left join counted c on (c.tenant_id, c.hour, c.kind) = (k.tenant_id, k.hour, k.kind)), "
           "added as (insert into noise_counts as n (tenant_id, hour, kind, key, " +
           noise_columns("%") + ") select tenant_id, hour, kind, place, " + noise_columns("sum(%)") +
           " from placed group by tenant_id, hour, kind, place "
           "on conflict (tenant_id, hour, kind, key) do update set " +
           noise_columns("% = n.% + excluded.%") + ") select count(*) from due";
}

/// Undone alone where it fails; what it throws then is the database's, not the work's.
template <typename Work>
std::optional<Error> under_savepoint(pqxx::transaction_base& tx, std::string& reason, Work work)
{
    tx.exec("savepoint one_tenant");
    try {
        work();
        tx.exec("release savepoint one_tenant");
        return std::nullopt;
    } catch (const pqxx::sql_error& failure) {
        if (!tx.conn().is_open()) throw;
        auto error = to_error(failure);
        if (!may_be_one_tenants(error)) throw;
        const std::string_view what = failure.what();
        reason = what.substr(0, std::min(what.find('\n'), std::size_t{200}));
        tx.exec("rollback to savepoint one_tenant");
        return error;
    }
}

}  // namespace

ports::ChoreStep NoiseGatherer::gather(pqxx::transaction_base& tx, std::size_t limit)
{
    ports::ChoreStep step;
    if (!query(tx, "select pg_try_advisory_xact_lock($1, 0)", kGatherLock)[0][0].as<bool>()) return step;
    while (step.rows < limit) {
        const auto next = query(tx, kNextTenant, last_, array_of(setbacks_.left_out(Clock::now())));
        if (next.empty() && last_.is_nil()) break;
        last_ = next.empty() ? TenantId() : id_of<TenantId>(next[0][0]);  // round again
        if (!next.empty()) step.rows += gather_of(tx, last_, limit - step.rows, step);
    }
    step.more = step.rows >= limit;
    step.left_out = setbacks_.left_out(Clock::now()).size();
    step.again_in = setbacks_.next_in(Clock::now());
    return step;
}

std::size_t NoiseGatherer::gather_of(pqxx::transaction_base& tx, TenantId tenant, std::size_t limit,
                                     ports::ChoreStep& step)
{
    static const auto gather = gather_statement();
    std::string reason;
    for (auto at_once = limit;; at_once /= 2) {
        std::size_t gathered = 0;
        const auto failed = under_savepoint(tx, reason, [&] {
            gathered =
                query(tx, gather.c_str(), at_once, domain::kMaxNoiseKeys, std::string(domain::kOtherKeys), tenant)[0][0]
                    .as<std::size_t>();
        });
        if (!failed) {
            setbacks_.succeeded(tenant);
            return gathered;
        }
        ++step.failed;
        if (failed->code() == ErrorCode::conflict || failed->code() == ErrorCode::timeout) {
            give_up_on(tenant, *failed);
            return 0;
        }
        if (at_once <= 1) break;
    }
    std::string ignored;
    if (const auto kept = under_savepoint(tx, ignored, [&] { query(tx, kSetAside, tenant, reason); })) {
        give_up_on(tenant, *kept);
        return 0;
    }
    ++step.set_aside;
    observe::error("an addition to the noise statistics cannot be gathered and is set aside",
                   {{"tenant_id", tenant.str()}});
    return 1;
}

void NoiseGatherer::give_up_on(TenantId tenant, const Error& error)
{
    const auto pause = setbacks_.failed(tenant, Clock::now());
    observe::warn("a chore cannot be done for a tenant, which is left out for a while; the others' is done",
                  {{"chore", "gather_noise"},
                   {"tenant_id", tenant.str()},
                   {"error", error.message()},
                   {"seconds", std::chrono::duration_cast<std::chrono::seconds>(pause).count()}});
}

}  // namespace winnow::pg
