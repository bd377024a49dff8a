#include "winnow/ports/noise_store.hpp"

#include "pg/noise_rows.hpp"
#include "pg/noun_stores.hpp"
#include "pg/sql_errors.hpp"
#include "pg/values.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace winnow::pg {
namespace {

using nlohmann::json;
using ports::NoiseGroup;
using ports::NoiseLine;

// The lock on the tenant's folding makes the count of keys a true one.
constexpr auto kAdd = R"sql(
with given as (
    select * from jsonb_to_recordset($2::jsonb) as r(
        hour bigint, kind text, key text, received bigint, dropped bigint, suppressed bigint, silenced bigint,
        inhibited bigint, held bigint, ticketed bigint, resolved bigint, ignored bigint, notified bigint,
        would_drop bigint, would_suppress bigint)
), counted as (
    select n.hour, n.kind, count(*) as keys
      from noise_counts n
     where n.tenant_id = $1::uuid and n.kind in ('source', 'service')
       and n.hour in (select distinct to_timestamp(hour / 1000.0) from given)
     group by n.hour, n.kind
), known as (
    select to_timestamp(g.hour / 1000.0) as at, g.*, n.key is not null or g.kind in ('total', 'rule') as is_known
      from given g
      left join noise_counts n on n.tenant_id = $1::uuid and n.hour = to_timestamp(g.hour / 1000.0)
                              and n.kind = g.kind and n.key = g.key
), placed as (
    select k.*,
           case when k.is_known
                  or row_number() over (partition by k.at, k.kind, k.is_known order by k.received desc, k.key)
                     + coalesce(c.keys, 0) <= $3
                then k.key else $4 end as place
      from known k left join counted c on c.hour = k.at and c.kind = k.kind
)
insert into noise_counts as n (tenant_id, hour, kind, key, received, dropped, suppressed, silenced, inhibited, held,
                               ticketed, resolved, ignored, notified, would_drop, would_suppress)
select $1::uuid, at, kind, place, sum(received), sum(dropped), sum(suppressed), sum(silenced), sum(inhibited),
       sum(held), sum(ticketed), sum(resolved), sum(ignored), sum(notified), sum(would_drop), sum(would_suppress)
  from placed group by at, kind, place
on conflict (tenant_id, hour, kind, key) do update
   set received = n.received + excluded.received, dropped = n.dropped + excluded.dropped,
       suppressed = n.suppressed + excluded.suppressed, silenced = n.silenced + excluded.silenced,
       inhibited = n.inhibited + excluded.inhibited, held = n.held + excluded.held,
       ticketed = n.ticketed + excluded.ticketed, resolved = n.resolved + excluded.resolved,
       ignored = n.ignored + excluded.ignored, notified = n.notified + excluded.notified,
       would_drop = n.would_drop + excluded.would_drop, would_suppress = n.would_suppress + excluded.would_suppress)sql";

constexpr auto kSums =
    "coalesce(sum(received), 0)::bigint as received, coalesce(sum(dropped), 0)::bigint as dropped, "
    "coalesce(sum(suppressed), 0)::bigint as suppressed, coalesce(sum(silenced), 0)::bigint as silenced, "
    "coalesce(sum(inhibited), 0)::bigint as inhibited, coalesce(sum(held), 0)::bigint as held, "
    "coalesce(sum(ticketed), 0)::bigint as ticketed, coalesce(sum(resolved), 0)::bigint as resolved, "
    "coalesce(sum(ignored), 0)::bigint as ignored, coalesce(sum(notified), 0)::bigint as notified, "
    "coalesce(sum(would_drop), 0)::bigint as would_drop, coalesce(sum(would_suppress), 0)::bigint as would_suppress ";

constexpr auto kWhere =
    "from noise_counts c where c.tenant_id = $1 and c.hour >= date_trunc('hour', $2::timestamptz) and c.hour < $3 ";

std::string statement(NoiseGroup group)
{
    const auto of_time = [](const char* unit) {
        const auto at = std::string("date_trunc('") + unit + "', c.hour at time zone 'UTC')";
        return "select to_char(" + at + R"(, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as key, '' as name, )" + kSums + kWhere +
               "and c.kind = 'total' group by " + at + " order by " + at + " limit $4";
    };
    const auto of_key = [](const char* kind, const char* name) {
        return "select c.key, " + std::string(name) + " as name, " + kSums + kWhere + "and c.kind = '" + kind +
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
    return "select '' as key, '' as name, " + std::string(kSums) + kWhere + "and c.kind = 'total' limit $4";
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
    static domain::NoiseCounts read_counts(const pqxx::row& row)
    {
        const auto number = [&](const char* name) {
            return row[name].as<std::int64_t>();
        };
        return {.received = number("received"),
                .dropped = number("dropped"),
                .suppressed = number("suppressed"),
                .silenced = number("silenced"),
                .inhibited = number("inhibited"),
                .held = number("held"),
                .ticketed = number("ticketed"),
                .resolved = number("resolved"),
                .ignored = number("ignored"),
                .notified = number("notified"),
                .would_drop = number("would_drop"),
                .would_suppress = number("would_suppress")};
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

void add_noise(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::NoiseRow>& rows)
{
    if (rows.empty()) return;
    auto list = json::array();
    for (const auto& row : rows) {
        const auto& n = row.counts;
        list.push_back({{"hour", row.hour.time_since_epoch().count()},
                        {"kind", to_string(row.kind)},
                        {"key", row.key},
                        {"received", n.received},
                        {"dropped", n.dropped},
                        {"suppressed", n.suppressed},
                        {"silenced", n.silenced},
                        {"inhibited", n.inhibited},
                        {"held", n.held},
                        {"ticketed", n.ticketed},
                        {"resolved", n.resolved},
                        {"ignored", n.ignored},
                        {"notified", n.notified},
                        {"would_drop", n.would_drop},
                        {"would_suppress", n.would_suppress}});
    }
    query(tx, kAdd, tenant, list.dump(), static_cast<std::int64_t>(domain::kMaxNoiseKeys),
          std::string(domain::kOtherKeys));
}

std::shared_ptr<ports::NoiseStore> make_noise_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgNoiseStore>(tx, tenant);
}

}  // namespace winnow::pg
