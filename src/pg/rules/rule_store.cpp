#include "winnow/ports/rule_store.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/rules/rule_rows.hpp"
#include "pg/rules/ruleset_history.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <utility>

namespace winnow::pg {
namespace {

using domain::Rule;
using nlohmann::json;
using ports::RuleChanges;
using ports::StoredRule;

// Rules travel as one JSON array that PostgreSQL turns into rows: one round trip, however many there are.
const auto kInsert = "insert into rules (tenant_id, " + rule_columns() +
                     ") select $1::uuid, r.* from jsonb_to_recordset($2::jsonb) as r(" + record_types() + ')';

const auto kUpdate = "update rules t set " + assigned_columns() + " from jsonb_to_recordset($2::jsonb) as r(" +
                     record_types() + ") where t.tenant_id = $1::uuid and t.rule_id = r.rule_id";

/// The rule as the API shows it, without its statistics.
const auto kKeepVersions = R"sql(
insert into rule_versions (tenant_id, rule_id, version, content, changed_at, changed_by)
select t.tenant_id, t.rule_id, t.version, )sql" +
                           rule_json_sql() + R"sql(, t.updated_at, t.updated_by
  from rules t
 where t.tenant_id = $1::uuid and t.rule_id = any($2::uuid[]))sql";

constexpr auto kDelete = R"sql(
with gone as (
    delete from rules t where t.tenant_id = $1::uuid and t.rule_id = any($2::uuid[])
    returning t.tenant_id, t.rule_id, t.version
)
insert into rule_versions (tenant_id, rule_id, version, content, changed_at, changed_by)
select tenant_id, rule_id, version + 1,
       jsonb_build_object('id', rule_id, 'name', null, 'condition', null, 'actions', null), now(), $3
  from gone)sql";

constexpr auto kMove = R"sql(
update rules t set position = r.position
  from jsonb_to_recordset($2::jsonb) as r(rule_id uuid, position integer)
 where t.tenant_id = $1::uuid and t.rule_id = r.rule_id)sql";

constexpr auto kPage = R"sql(
select t.*, s.matched, s.last_matched_at, s.failed, s.last_error, s.last_failed_at,
       a.record as cost_record, a.until as cost_until, a.for_good as cost_for_good
  from rules t left join rule_stats s on s.tenant_id = t.tenant_id and s.rule_id = t.rule_id
  left join set_asides a on a.tenant_id = t.tenant_id and a.kind = 'rule' and a.id = t.rule_id and a.version = t.version
 where t.tenant_id = $1 and ($2::bigint is null or t.position > $2::bigint)
 order by t.position limit $3)sql";

constexpr auto kFind = R"sql(
select t.*, s.matched, s.last_matched_at, s.failed, s.last_error, s.last_failed_at,
       a.record as cost_record, a.until as cost_until, a.for_good as cost_for_good
  from rules t left join rule_stats s on s.tenant_id = t.tenant_id and s.rule_id = t.rule_id
  left join set_asides a on a.tenant_id = t.tenant_id and a.kind = 'rule' and a.id = t.rule_id and a.version = t.version
 where t.tenant_id = $1 and t.rule_id = $2)sql";

StoredRule read_stored(const pqxx::row& row)
{
    StoredRule stored{.rule = read_rule(row), .stats = {}};
    stored.cost = read_judge_cost(row, domain::JudgeKind::rule, stored.rule);
    if (!row["matched"].is_null()) {
        stored.stats.matched = row["matched"].as<std::int64_t>();
        stored.stats.last_matched_at = optional_time_of(row["last_matched_at"]);
        stored.stats.failed = row["failed"].as<std::int64_t>();
        stored.stats.last_error = text_of(row["last_error"]);
        stored.stats.last_failed_at = optional_time_of(row["last_failed_at"]);
    }
    if (is_unreadable(stored.rule)) stored.stats.last_error = "what is stored cannot be read: the rule is left out";
    return stored;
}

std::vector<RuleId> rule_ids(const std::vector<Rule>& rules)
{
    std::vector<RuleId> ids;
    ids.reserve(rules.size());
    for (const auto& rule : rules) ids.push_back(rule.id);
    return ids;
}

class PgRuleStore final : public ports::RuleStore {
public:
    PgRuleStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<StoredRule>> page(std::optional<std::int32_t> after_position, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<StoredRule>> {
            std::vector<StoredRule> rules;
            for (const auto& row : query(tx_, kPage, tenant_, after_position, limit)) rules.push_back(read_stored(row));
            return rules;
        });
    }

    Result<std::vector<Rule>> all() override
    {
        return translated([&]() -> Result<std::vector<Rule>> {
            std::vector<Rule> rules;
            const auto rows = query(tx_, "select t.* from rules t where t.tenant_id = $1 order by t.position", tenant_);
            for (const auto& row : rows) rules.push_back(read_rule(row));
            return rules;
        });
    }

    Result<StoredRule> find(RuleId id) override
    {
        return translated([&]() -> Result<StoredRule> {
            const auto rows = query(tx_, kFind, tenant_, id);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such rule");
            return read_stored(rows.front());
        });
    }

    Result<std::vector<std::pair<RuleId, std::int32_t>>> order() override
    {
        return translated([&]() -> Result<std::vector<std::pair<RuleId, std::int32_t>>> {
            std::vector<std::pair<RuleId, std::int32_t>> order;
            const auto rows =
                query(tx_, "select rule_id, position from rules where tenant_id = $1 order by position", tenant_);
            for (const auto& row : rows) order.emplace_back(id_of<RuleId>(row[0]), row[1].as<std::int32_t>());
            return order;
        });
    }

    Result<Done> apply(const RuleChanges& changes) override
    {
        return translated([&]() -> Result<Done> {
            if (!changes.deleted.empty()) query(tx_, kDelete, tenant_, array_of(changes.deleted), changes.actor);
            if (!changes.moved.empty()) move(changes.moved);
            if (!changes.updated.empty()) store(kUpdate.c_str(), changes.updated);
            if (!changes.created.empty()) store(kInsert.c_str(), changes.created);
            if (!changes.empty()) keep_ruleset_version(tx_, tenant_, changes);
            return Done{};
        });
    }

private:
    void store(const char* statement, const std::vector<Rule>& rules)
    {
        query(tx_, statement, tenant_, records(rules));
        query(tx_, kKeepVersions.c_str(), tenant_, array_of(rule_ids(rules)));
    }

    void move(const std::vector<std::pair<RuleId, std::int32_t>>& moved)
    {
        auto list = json::array();
        for (const auto& [id, position] : moved) list.push_back({{"rule_id", id.str()}, {"position", position}});
        query(tx_, kMove, tenant_, list.dump());
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::RuleStore> make_rule_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgRuleStore>(tx, tenant);
}

}  // namespace winnow::pg
