#include "pg/costs/judge_costs.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/legible.hpp"
#include "pg/rows/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace winnow::pg {

namespace {

using domain::CostRecord;
using domain::Judge;
using domain::JudgeCost;
using domain::JudgeKind;
using nlohmann::json;

// The row that settings_store locks.
constexpr auto kConfiguration = "select from tenants where tenant_id = $1 for no key update skip locked";

constexpr auto kLoad = R"sql(
select s.kind, s.id, s.version, s.record as cost_record, s.until as cost_until, s.for_good as cost_for_good
  from unnest($2::text[], $3::uuid[]) as j(kind, id)
  join set_asides s on s.tenant_id = $1 and s.kind = j.kind and s.id = j.id
)sql";

constexpr auto kStore = R"sql(
insert into set_asides (tenant_id, kind, id, version, record, until, for_good, last_at)
values ($1, $2, $3, $4, $5::jsonb, $6, $7, clock_timestamp())
on conflict (tenant_id, kind, id) do update
   set version = excluded.version, record = excluded.record, until = excluded.until, for_good = excluded.for_good,
       last_at = excluded.last_at
)sql";

constexpr auto kInForce = R"sql(
select kind, id, version, for_good, ceil(extract(epoch from until - clock_timestamp()) * 1000)::bigint as left_ms
  from set_asides where tenant_id = $1 and (for_good or until > clock_timestamp())
)sql";

std::optional<Judge> judge_of(const pqxx::row& row)
{
    const std::string_view word = row["kind"].c_str();
    for (const auto kind :
         {JudgeKind::rule, JudgeKind::silence, JudgeKind::maintenance_window, JudgeKind::inhibition}) {
        if (to_string(kind) == word) return Judge{.kind = kind, .id = uuid_of(row["id"])};
    }
    return std::nullopt;
}

std::string record_json(const JudgeCost& cost)
{
    const auto& record = cost.record;
    auto recent = json::array();
    for (const auto& [at, took] : record.recent) recent.push_back({at.time_since_epoch().count(), took.count()});
    auto times = json::array();
    for (const auto at : record.set_aside) times.push_back(at.time_since_epoch().count());
    return json{{"recent", std::move(recent)},  {"set_aside", std::move(times)},  {"overruns", record.overruns},
                {"sum_ns", record.sum.count()}, {"most_ns", record.most.count()}, {"last_alert", cost.last_alert.str()}}
        .dump();
}

Timestamp instant(const json& ms)
{
    return Timestamp(std::chrono::milliseconds(ms.get<std::int64_t>()));
}

std::chrono::nanoseconds time(const json& ns)
{
    return std::chrono::nanoseconds(ns.get<std::int64_t>());
}

void read_record(const json& stored, JudgeCost& cost)
{
    auto& record = cost.record;
    for (const auto& each : stored.at("recent")) {
        record.recent.push_back({.at = instant(each.at(0)), .cost = time(each.at(1))});
    }
    for (const auto& each : stored.at("set_aside")) record.set_aside.push_back(instant(each));
    record.overruns = stored.at("overruns").get<std::int64_t>();
    record.sum = time(stored.at("sum_ns"));
    record.most = time(stored.at("most_ns"));
    const auto last = AlertId::parse(stored.at("last_alert").get<std::string>());
    if (!last) throw std::runtime_error("last_alert is no id");
    cost.last_alert = *last;
}

}  // namespace

std::optional<JudgeCost> read_judge_cost(const pqxx::row& row, const Judge& judge, std::int64_t version)
{
    if (row["cost_record"].is_null()) return std::nullopt;
    JudgeCost cost{.judge = judge, .version = version, .record = {}, .last_alert = {}};
    if (!is_legible("cost", judge.id, [&] { read_record(json::parse(row["cost_record"].c_str()), cost); })) {
        return std::nullopt;
    }
    cost.record.until = optional_time_of(row["cost_until"]);
    cost.record.for_good = row["cost_for_good"].as<bool>();
    return cost;
}

bool try_lock_configuration(pqxx::transaction_base& tx, TenantId tenant)
{
    return !query(tx, kConfiguration, tenant).empty();
}

std::vector<JudgeCost> load_judge_costs(pqxx::transaction_base& tx, TenantId tenant, const std::vector<Judge>& judges)
{
    ArrayLiteral kinds;
    ArrayLiteral ids;
    for (const auto& judge : judges) {
        kinds.add(to_string(judge.kind));
        ids.add(judge.id);
    }
    Arguments arguments;
    arguments.add(tenant);
    arguments.add_literal(kinds.take());
    arguments.add_literal(ids.take());
    std::vector<JudgeCost> costs;
    for (const auto& row : query(tx, kLoad, arguments)) {
        const auto judge = judge_of(row);
        auto cost = judge ? read_judge_cost(row, *judge, row["version"].as<std::int64_t>()) : std::nullopt;
        if (cost) costs.push_back(*std::move(cost));
    }
    return costs;
}

void store_judge_costs(pqxx::transaction_base& tx, TenantId tenant, const std::vector<JudgeCost>& costs)
{
    for (const auto& cost : costs) {
        query(tx, kStore, tenant, to_string(cost.judge.kind), cost.judge.id, cost.version, record_json(cost),
              cost.record.until, cost.record.for_good);
    }
}

std::vector<domain::SetAside> load_set_asides(pqxx::transaction_base& tx, TenantId tenant)
{
    std::vector<domain::SetAside> aside;
    for (const auto& row : query(tx, kInForce, tenant)) {
        const auto judge = judge_of(row);
        if (!judge) continue;
        aside.push_back({.judge = *judge, .version = row["version"].as<std::int64_t>(), .left = std::nullopt});
        if (row["for_good"].as<bool>()) continue;
        aside.back().left = std::chrono::milliseconds(row["left_ms"].as<std::int64_t>());
    }
    return aside;
}

}  // namespace winnow::pg
