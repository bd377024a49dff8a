#include "winnow/ports/inhibition_store.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"
#include "pg/suppression/scope_columns.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using domain::Inhibition;
using ports::StoredInhibition;

constexpr auto kPage = R"sql(
select i.*, to_json(i.equal_labels) as equal_json, c.matched, c.last_matched_at,
       a.record as cost_record, a.until as cost_until, a.for_good as cost_for_good
  from inhibitions i left join suppression_stats c on c.tenant_id = i.tenant_id and c.cause_id = i.inhibition_id
  left join set_asides a on a.tenant_id = i.tenant_id and a.kind = 'inhibition' and a.id = i.inhibition_id
                        and a.version = i.version
 where i.tenant_id = $1 and ($2::uuid is null or i.inhibition_id > $2::uuid)
   and ($3::uuid is null or i.inhibition_id = $3::uuid)
 order by i.inhibition_id limit $4)sql";

constexpr auto kInsert = R"sql(
insert into inhibitions (tenant_id, inhibition_id, name, enabled, source_condition, source_syntax, target_condition,
                         target_syntax, equal_labels, version, created_at, updated_at, updated_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text[], $10, $11, $11, $12))sql";

constexpr auto kUpdate = R"sql(
update inhibitions
   set name = $3, enabled = $4, source_condition = $5, source_syntax = $6, target_condition = $7, target_syntax = $8,
       equal_labels = $9::text[], version = $10, updated_at = $11, updated_by = $12
 where tenant_id = $1 and inhibition_id = $2)sql";

constexpr auto kTakeSources = R"sql(
insert into inhibition_sources (tenant_id, inhibition_id, source_key, equal_values, two_sided)
select $1::uuid, $2::uuid, coalesce('i' || i.instance_key, 'k' || t.dedup_key), u.equal_values, u.two_sided
  from unnest($3::uuid[], $4::text[], $5::bool[]) as u(ticket_id, equal_values, two_sided)
  join tickets t on t.tenant_id = $1::uuid and t.ticket_id = u.ticket_id
  left join alert_instances i on i.tenant_id = $1::uuid and i.ticket_id = u.ticket_id and i.firing
on conflict do nothing)sql";

Inhibition read_inhibition(const pqxx::row& row)
{
    Inhibition inhibition;
    inhibition.id = id_of<InhibitionId>(row["inhibition_id"]);
    inhibition.name = text_of(row["name"]);
    inhibition.enabled = row["enabled"].as<bool>();
    inhibition.source = read_scope("inhibition", inhibition.id, row["source_condition"], row["source_syntax"]);
    inhibition.target = read_scope("inhibition", inhibition.id, row["target_condition"], row["target_syntax"]);
    inhibition.equal = read_texts(row["equal_json"]);
    inhibition.version = row["version"].as<std::int64_t>();
    inhibition.updated_at = time_of(row["updated_at"]);
    inhibition.updated_by = text_of(row["updated_by"]);
    return inhibition;
}

StoredInhibition read_stored(const pqxx::row& row)
{
    StoredInhibition stored{.inhibition = read_inhibition(row), .stats = read_cover_stats(row)};
    stored.cost = read_judge_cost(row, domain::JudgeKind::inhibition, stored.inhibition);
    return stored;
}

class PgInhibitionStore final : public ports::InhibitionStore {
public:
    PgInhibitionStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<StoredInhibition>> page(std::optional<InhibitionId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<StoredInhibition>> {
            std::vector<StoredInhibition> found;
            for (const auto& row : query(tx_, kPage, tenant_, after, nullptr, limit)) {
                found.push_back(read_stored(row));
            }
            return found;
        });
    }

    Result<std::vector<Inhibition>> all() override
    {
        return translated([&]() -> Result<std::vector<Inhibition>> {
            std::vector<Inhibition> found;
            for (const auto& row : query(tx_, kPage, tenant_, nullptr, nullptr, nullptr)) {
                found.push_back(read_inhibition(row));
            }
            return found;
        });
    }

    Result<StoredInhibition> find(InhibitionId id) override
    {
        return translated([&]() -> Result<StoredInhibition> {
            const auto rows = query(tx_, kPage, tenant_, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such inhibition");
            return read_stored(rows.front());
        });
    }

    Result<Done> insert(const Inhibition& inhibition) override { return write(kInsert, inhibition); }
    Result<Done> update(const Inhibition& inhibition) override { return write(kUpdate, inhibition); }

    Result<Done> remove(InhibitionId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from inhibitions where tenant_id = $1 and inhibition_id = $2", tenant_, id);
            return Done{};
        });
    }

    Result<Done> replace_sources(InhibitionId id, const std::vector<ports::SourceTicket>& tickets) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from inhibition_sources where tenant_id = $1 and inhibition_id = $2", tenant_, id);
            ArrayLiteral ids;
            ArrayLiteral equal;
            ArrayLiteral two_sided;
            for (const auto& ticket : tickets) {
                ids.add(ticket.ticket_id);
                equal.add(ticket.equal);
                two_sided.add(ticket.two_sided);
            }
            query(tx_, kTakeSources, tenant_, id, ids.take(), equal.take(), two_sided.take());
            return Done{};
        });
    }

private:
    Result<Done> write(const char* statement, const Inhibition& i)
    {
        return unless_taken("inhibitions_tenant_id_name_key", "there is an inhibition with this name already", [&] {
            query(tx_, statement, tenant_, i.id, i.name, i.enabled, i.source.text, to_string(i.source.syntax),
                  i.target.text, to_string(i.target.syntax), array_of(i.equal), i.version, i.updated_at, i.updated_by);
        });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::InhibitionStore> make_inhibition_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgInhibitionStore>(tx, tenant);
}

}  // namespace winnow::pg
