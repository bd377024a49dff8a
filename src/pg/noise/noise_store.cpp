#include "winnow/ports/noise_store.hpp"

#include "pg/noise/columns.hpp"
#include "pg/noise/noise_rows.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/domain/retention.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

namespace winnow::pg {
namespace {

using domain::NoiseCounts;
using ports::NoiseGroup;
using ports::NoiseLine;

/// Of a time and a tenant: what is gathered, and what is yet to be.
std::string where()
{
    const std::string list = "tenant_id, hour, kind, key, " + noise_columns("%");
    return "from (select " + list + " from noise_counts union all " + expanded_noise("noise_deltas") +
           ") c where c.tenant_id = $1 and c.hour >= date_trunc('hour', $2::timestamptz) and c.hour < $3 "
           "and c.hour >= (select date_trunc('hour', kept_from($1, 'statistics', " +
           std::to_string(domain::class_of(domain::Kept::statistics).usual.count()) + "))) ";
}

std::string statement(NoiseGroup group)
{
    const auto sums = noise_columns("coalesce(sum(%), 0)::bigint as %") + " ";
    const auto of_time = [&](const char* unit) {
        const auto at = std::string("date_trunc('") + unit + "', c.hour at time zone 'UTC')";
        return "select to_char(" + at + R"(, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as key, '' as name, )" + sums + where() +
               "and c.kind = 'total' group by " + at + " order by " + at + " limit $4";
    };
    const auto of_key = [&](const char* kind, const char* name) {
        return "select c.key, " + std::string(name) + " as name, " + sums + where() + "and c.kind = '" + kind +
               "' group by c.key order by sum(received) desc, c.key limit $4";
    };
    switch (group) {
        case NoiseGroup::hour: return of_time("hour");
        case NoiseGroup::day: return of_time("day");
        case NoiseGroup::source: return of_key("source", "''");
        case NoiseGroup::service: return of_key("service", "''");
        case NoiseGroup::rule:
            return of_key(
                "rule",
                "coalesce((select r.name from rules r where r.tenant_id = $1 and r.rule_id = c.key::uuid), '')");
        case NoiseGroup::none: break;
    }
    return "select '' as key, '' as name, " + sums + where() + "and c.kind = 'total' limit $4";
}

class PgNoiseStore final : public ports::NoiseStore {
public:
    PgNoiseStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<NoiseLine>> read(Timestamp from, Timestamp until, NoiseGroup group, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<NoiseLine>> {
            std::vector<NoiseLine> lines;
            for (const auto& row : query(tx_, statement(group).c_str(), tenant_, from, until, limit)) {
                lines.push_back({.key = text_of(row["key"]), .name = text_of(row["name"]), .counts = read_counts(row)});
            }
            return lines;
        });
    }

private:
    static NoiseCounts read_counts(const pqxx::row& row)
    {
        NoiseCounts counts;
        counts.received = row["received"].as<std::int64_t>();
        for (const auto& outcome : kOutcomes) counts.*outcome.count = row[outcome.column].as<std::int64_t>();
        return counts;
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

/// The columns of one delta.
struct Delta {
    ArrayLiteral kinds;
    ArrayLiteral keys;
    ArrayLiteral outcomes;
    ArrayLiteral counts;

    void add(const domain::NoiseRow& row)
    {
        for (const auto& outcome : kOutcomes) {
            const auto count = row.counts.*outcome.count;
            if (count == 0) continue;
            kinds.add(to_string(row.kind));
            keys.add(row.key);
            outcomes.add(outcome.column);
            counts.add(count);
        }
    }
};

}  // namespace

void add_noise(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::NoiseRow>& rows)
{
    std::map<Timestamp, Delta> by_hour;
    for (const auto& row : rows) by_hour[row.hour].add(row);
    for (auto& [hour, delta] : by_hour) {
        Arguments arguments;
        arguments.add(tenant);
        arguments.add(hour);
        for (auto* column : {&delta.kinds, &delta.keys, &delta.outcomes, &delta.counts}) {
            arguments.add_literal(column->take());
        }
        query(tx,
              "insert into noise_deltas (tenant_id, hour, kinds, keys, outcomes, counts) "
              "values ($1, $2, $3::text[], $4::text[], $5::text[], $6::bigint[])",
              arguments);
    }
}

std::shared_ptr<ports::NoiseStore> make_noise_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgNoiseStore>(tx, tenant);
}

}  // namespace winnow::pg
