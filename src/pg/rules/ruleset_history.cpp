#include "pg/rules/ruleset_history.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/ports/ruleset_history.hpp"

#include <chrono>
#include <memory>

namespace winnow::pg {
namespace {

using ports::RulesetSnapshot;
using ports::RulesetVersion;

constexpr auto kCurrent = "select coalesce(max(version), 0) from ruleset_versions where tenant_id = $1";

constexpr auto kKeep = R"sql(
insert into ruleset_versions (tenant_id, version, made_by, comment, created, updated, deleted, moved,
                              rule_ids, rule_versions)
select $1::uuid, (select coalesce(max(version), 0) + 1 from ruleset_versions where tenant_id = $1::uuid),
       $2, $3, $4, $5, $6, $7,
       coalesce(array_agg(r.rule_id order by r.position), '{}'), coalesce(array_agg(r.version order by r.position), '{}')
  from rules r where r.tenant_id = $1::uuid)sql";

constexpr auto kPage = R"sql(
select version, made_at, made_by, comment, created, updated, deleted, moved, cardinality(rule_ids) as rules
  from ruleset_versions
 where tenant_id = $1 and ($2::bigint is null or version < $2::bigint)
 order by version desc limit $3)sql";

constexpr auto kFind = R"sql(
select s.version, s.made_at, s.made_by, s.comment, s.created, s.updated, s.deleted, s.moved,
       cardinality(s.rule_ids) as rules,
       (select coalesce(jsonb_agg(v.content order by listed.place), '[]')
          from unnest(s.rule_ids, s.rule_versions) with ordinality as listed (rule_id, version, place)
          join rule_versions v on v.tenant_id = s.tenant_id and v.rule_id = listed.rule_id
                              and v.version = listed.version) as contents
  from ruleset_versions s
 where s.tenant_id = $1 and s.version = $2)sql";

/// A version that only says that the rule was deleted has no condition.
constexpr auto kRulesAt = R"sql(
select v.content
  from unnest($2::uuid[], $3::bigint[]) with ordinality as asked (rule_id, version, place)
  left join rule_versions v on v.tenant_id = $1 and v.rule_id = asked.rule_id and v.version = asked.version
                           and v.content->>'condition' is not null
 order by asked.place)sql";

constexpr auto kLast = R"sql(
select rule_id, max(version) from rule_versions where tenant_id = $1 and rule_id = any($2::uuid[]) group by rule_id)sql";

RulesetVersion read_version(const pqxx::row& row)
{
    return {.version = row["version"].as<std::int64_t>(),
            .made_at = time_of(row["made_at"]),
            .made_by = text_of(row["made_by"]),
            .comment = text_of(row["comment"]),
            .created = row["created"].as<std::int32_t>(),
            .updated = row["updated"].as<std::int32_t>(),
            .deleted = row["deleted"].as<std::int32_t>(),
            .moved = row["moved"].as<std::int32_t>(),
            .rules = row["rules"].as<std::size_t>()};
}

class PgRulesetHistory final : public ports::RulesetHistory {
public:
    PgRulesetHistory(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::int64_t> version() override
    {
        return translated(
            [&]() -> Result<std::int64_t> { return query(tx_, kCurrent, tenant_)[0][0].as<std::int64_t>(); });
    }

    Result<std::vector<RulesetVersion>> page(std::optional<std::int64_t> before, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<RulesetVersion>> {
            std::vector<RulesetVersion> versions;
            for (const auto& row : query(tx_, kPage, tenant_, before, limit)) versions.push_back(read_version(row));
            return versions;
        });
    }

    Result<RulesetSnapshot> find(std::int64_t version) override
    {
        return translated([&]() -> Result<RulesetSnapshot> {
            const auto rows = query(tx_, kFind, tenant_, version);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such version of the rule set");
            return RulesetSnapshot{.about = read_version(rows[0]), .rules = text_of(rows[0]["contents"])};
        });
    }

    Result<std::vector<std::string>> rules_at(const std::vector<domain::RuleMatch>& versions) override
    {
        return translated([&]() -> Result<std::vector<std::string>> {
            ArrayLiteral rules;
            ArrayLiteral numbers;
            for (const auto& [rule, version] : versions) {
                rules.add(rule);
                numbers.add(version);
            }
            std::vector<std::string> contents;
            for (const auto& row : query(tx_, kRulesAt, tenant_, rules.take(), numbers.take())) {
                contents.push_back(row[0].is_null() ? std::string() : text_of(row[0]));
            }
            return contents;
        });
    }

    Result<std::vector<std::pair<RuleId, std::int64_t>>> last_versions(const std::vector<RuleId>& rules) override
    {
        return translated([&]() -> Result<std::vector<std::pair<RuleId, std::int64_t>>> {
            std::vector<std::pair<RuleId, std::int64_t>> versions;
            for (const auto& row : query(tx_, kLast, tenant_, array_of(rules))) {
                versions.emplace_back(id_of<RuleId>(row[0]), row[1].as<std::int64_t>());
            }
            return versions;
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

void keep_ruleset_version(pqxx::transaction_base& tx, TenantId tenant, const ports::RuleChanges& changes)
{
    query(tx, kKeep, tenant, changes.actor, changes.comment, changes.created.size(), changes.updated.size(),
          changes.deleted.size(), changes.moved.size());
}

std::shared_ptr<ports::RulesetHistory> make_ruleset_history(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgRulesetHistory>(tx, tenant);
}

}  // namespace winnow::pg
