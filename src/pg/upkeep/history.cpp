#include "pg/upkeep/history.hpp"

#include "pg/rows/values.hpp"
#include "pg/turns/chore_manners.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace winnow::pg {

namespace {

constexpr std::size_t kDeltasAtOnce = 5'000;
constexpr auto kGather = R"sql(
with due as (
    delete from history_deltas
     where (tenant_id, delta_id) in (select tenant_id, delta_id from history_deltas
                                      where tenant_id >= $2::uuid and tenant_id <= $3::uuid
                                        and tenant_id <> all($4::uuid[])
                                      order by tenant_id, delta_id limit $1)
    returning tenant_id, bytes
), added as (
    insert into history_used as u (tenant_id, bytes) select tenant_id, sum(bytes) from due group by tenant_id
    on conflict (tenant_id) do update set bytes = u.bytes + excluded.bytes
)
select count(*) from due
)sql";

constexpr auto kNext = R"sql(
select tenant_id, history, id, number from history_uncounted
 where tenant_id >= $1::uuid and tenant_id <= $2::uuid and tenant_id <> all($3::uuid[])
   and history in ('rule_versions', 'ruleset_versions', 'silences', 'ticket_events')
 order by tenant_id, history limit 1
)sql";

/// Of the tenant $1 the next rows behind ($2 uuid, $3), $4 at most: how many, their size, and the key of the last.
#define WINNOW_COUNTED(rows)                                                        \
    "select count(*) over (), (sum(bytes) over ())::bigint, id, number from (" rows \
    " limit $4) as next order by id desc, number desc limit 1"

constexpr auto kRuleVersions = WINNOW_COUNTED(
    "select rule_id as id, version as number, rule_version_bytes(content) as bytes"
    "  from rule_versions where tenant_id = $1 and (rule_id, version) > ($2::uuid, $3::bigint)"
    " order by rule_id, version");

// Of 5,000 rules each is 120 KB.
constexpr auto kRulesets = WINNOW_COUNTED(
    "select $2::uuid as id, version as number, ruleset_version_bytes(rule_ids, comment) as bytes"
    "  from ruleset_versions where tenant_id = $1 and version > $3::bigint"
    " order by version");

constexpr auto kSilences = WINNOW_COUNTED(
    "select silence_id as id, 0 as number, silence_bytes(condition, comment) as bytes"
    "  from silences where tenant_id = $1 and silence_id > $2::uuid and $3::bigint is not null"
    " order by silence_id");

constexpr auto kEvents = WINNOW_COUNTED(
    "select ticket_id as id, seq as number,"
    "       case when actor like 'user:%' then ticket_event_bytes(data) else 0 end as bytes"
    "  from ticket_events where tenant_id = $1 and (ticket_id, seq) > ($2::uuid, $3::bigint)"
    " order by ticket_id, seq");

#undef WINNOW_COUNTED

struct History {
    std::string_view name;
    const char* sql;
    std::size_t at_once;  ///< Some tens of milliseconds.
};

constexpr std::array kHistories{
    History{"rule_versions", kRuleVersions, 2'000},
    History{"ruleset_versions", kRulesets, 200},
    History{"silences", kSilences, 5'000},
    History{"ticket_events", kEvents, 10'000},
};

}  // namespace

ports::ChoreStep gather_history(pqxx::transaction_base& tx, const Stretch& stretch, const std::string& without)
{
    const auto rows = query(tx, kGather, kDeltasAtOnce, stretch.first, stretch.last, without)[0][0].as<std::size_t>();
    return {.rows = rows, .more = rows == kDeltasAtOnce};
}

ports::ChoreStep count_history(pqxx::transaction_base& tx, const Stretch& stretch, const std::string& without)
{
    tx.exec(kChoreManners);
    const auto next = query(tx, kNext, stretch.first, stretch.last, without);
    if (next.empty()) return {};
    const auto tenant = id_of<TenantId>(next[0][0]);
    const auto name = text_of(next[0][1]);
    const auto* const history = std::ranges::find(kHistories, name, &History::name);
    if (history == kHistories.end()) return {};

    // Whoever changes these histories right now ends first, and whoever comes next waits for this step: it is as with
    // history_counts(). In a queue, so that who writes without end does not put this off without end.
    tx.exec("set local lock_timeout = '2s'");
    query(tx, "select pg_advisory_xact_lock(x'48495354'::int, hashtext($1::uuid::text))", tenant);
    const auto counted =
        query(tx, history->sql, tenant, text_of(next[0][2]), next[0][3].as<std::int64_t>(), history->at_once);
    const auto rows = counted.empty() ? 0 : counted[0][0].as<std::size_t>();
    if (rows > 0) {
        query(tx, "insert into history_deltas (tenant_id, bytes) select $1, $2::bigint where $2::bigint > 0", tenant,
              counted[0][1].as<std::int64_t>());
    }
    if (rows == history->at_once) {
        query(tx, "update history_uncounted set id = $3, number = $4 where tenant_id = $1 and history = $2", tenant,
              name, text_of(counted[0][2]), counted[0][3].as<std::int64_t>());
    } else {
        query(tx, "delete from history_uncounted where tenant_id = $1 and history = $2", tenant, name);
    }
    return {.rows = rows, .more = true};
}

}  // namespace winnow::pg
