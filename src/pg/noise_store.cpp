#include "winnow/ports/noise_store.hpp"

#include "pg/array_literal.hpp"
#include "pg/noise_rows.hpp"
#include "pg/noun_stores.hpp"
#include "pg/sql_errors.hpp"
#include "pg/values.hpp"
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

struct Outcome {
    const char* column;
    std::int64_t NoiseCounts::* count;
    bool is_disposition;  ///< Every alert has exactly one, so that together they are what was received.
};
constexpr std::array kOutcomes{Outcome{"dropped", &NoiseCounts::dropped, true},
                               Outcome{"suppressed", &NoiseCounts::suppressed, true},
                               Outcome{"silenced", &NoiseCounts::silenced, true},
                               Outcome{"inhibited", &NoiseCounts::inhibited, true},
                               Outcome{"held", &NoiseCounts::held, true},
                               Outcome{"ticketed", &NoiseCounts::ticketed, true},
                               Outcome{"resolved", &NoiseCounts::resolved, true},
                               Outcome{"ignored", &NoiseCounts::ignored, true},
                               Outcome{"notified", &NoiseCounts::notified, false},
                               Outcome{"would_drop", &NoiseCounts::would_drop, false},
                               Outcome{"would_suppress", &NoiseCounts::would_suppress, false}};

/// "f(received), f(dropped), …", each by `form`, in which % is the column.
std::string columns(std::string_view form)
{
    std::string list;
    const auto add = [&](std::string_view column) {
        if (!list.empty()) list += ", ";
        for (const auto c : form) {
            if (c == '%') {
                list += column;
            } else {
                list += c;
            }
        }
    };
    add("received");
    for (const auto& outcome : kOutcomes) add(outcome.column);
    return list;
}

/// Deltas (`from`: a table like noise_deltas) as rows like those of noise_counts.
std::string expanded(const std::string& from)
{
    std::string received;
    std::string rest;
    for (const auto& outcome : kOutcomes) {
        const auto name = "'" + std::string(outcome.column) + "'";
        if (outcome.is_disposition) received += (received.empty() ? "" : ", ") + name;
        rest += ", case e.outcome when " + name + " then e.n else 0 end as " + outcome.column;
    }
    return "select d.tenant_id, d.hour, e.kind, e.key, case when e.outcome in (" + received +
           ") then e.n else 0 end as received" + rest + " from " + from +
           " d cross join lateral unnest(d.kinds, d.keys, d.outcomes, d.counts) as e(kind, key, outcome, n)";
}

/// $1: how many deltas, $2: keys of a kind and hour, $3: the key of what is beyond them. Whoever runs it is the only
/// one.
std::string gather_statement()
{
    return "with due as (delete from noise_deltas where (tenant_id, delta_id) in "
           "(select tenant_id, delta_id from noise_deltas order by tenant_id, delta_id limit $1) returning *), "
           "given as (select tenant_id, hour, kind, key, " +
           columns("sum(%) as %") + " from (" + expanded("due") +
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
           columns("%") + ") select tenant_id, hour, kind, place, " + columns("sum(%)") +
           " from placed group by tenant_id, hour, kind, place "
           "on conflict (tenant_id, hour, kind, key) do update set " +
           columns("% = n.% + excluded.%") + ") select count(*) from due";
}

/// Of a time and a tenant: what is gathered, and what is yet to be.
std::string where()
{
    const std::string list = "tenant_id, hour, kind, key, " + columns("%");
    return "from (select " + list + " from noise_counts union all " + expanded("noise_deltas") +
           ") c where c.tenant_id = $1 and c.hour >= date_trunc('hour', $2::timestamptz) and c.hour < $3 "
           "and c.hour >= (select date_trunc('hour', kept_from($1, 'statistics', " +
           std::to_string(domain::class_of(domain::Kept::statistics).usual.count()) + "))) ";
}

std::string statement(NoiseGroup group)
{
    const auto sums = columns("coalesce(sum(%), 0)::bigint as %") + " ";
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

std::size_t gather_noise(pqxx::transaction_base& tx, std::size_t limit)
{
    constexpr std::int32_t kGatherLock = 0x574E4E4F;
    if (!query(tx, "select pg_try_advisory_xact_lock($1, 0)", kGatherLock)[0][0].as<bool>()) return 0;
    static const auto gather = gather_statement();
    return query(tx, gather.c_str(), limit, domain::kMaxNoiseKeys, std::string(domain::kOtherKeys))[0][0]
        .as<std::size_t>();
}

std::shared_ptr<ports::NoiseStore> make_noise_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgNoiseStore>(tx, tenant);
}

}  // namespace winnow::pg
