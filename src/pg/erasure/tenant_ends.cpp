#include "winnow/pg/tenant_ends.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/erasure/erased_tables.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/tenant_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/provider_acts.hpp"
#include "winnow/domain/tenants/erasure.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/nontransaction>

#include <cstdint>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

using domain::Tenant;
using domain::TenantState;
using ports::Erasure;
using ports::ProviderRequest;

constexpr auto kLock = "select * from tenants where tenant_id = $1 for no key update";

/// Tells every node: what it has cached of the tenant's keys and sessions must stop working.
#define WINNOW_CHANGE_STATE(assignments)                                                                         \
    "with changed as (update tenants set " assignments                                                           \
    ", config_version = config_version + 1, credentials_version = credentials_version + 1 where tenant_id = $1 " \
    "returning *) select changed.*, pg_notify('winnow_config', tenant_id::text), "                               \
    "pg_notify('winnow_credentials', tenant_id::text) from changed"

constexpr auto kClose =
    WINNOW_CHANGE_STATE("state = 'closing', closed_at = now(), export_until = now() + $2::int8 * interval '1 day'");
constexpr auto kCancelClose =
    WINNOW_CHANGE_STATE("state = 'active', closed_at = null, export_until = null, suspended_at = null");
constexpr auto kErase = WINNOW_CHANGE_STATE("state = 'erasing'");
#undef WINNOW_CHANGE_STATE

constexpr auto kInsertErasure = R"sql(
insert into erasures (erasure_id, erased_tenant, service_code, name, asked_by, asked_means, asked_request, reason, closed_at,
                      export_until, window_waived, begins_at)
select $2::uuid, t.tenant_id, t.service_code, t.name, $3::text, $4::text, $5::text, $6::text, t.closed_at,
       t.export_until, now() < t.export_until or t.export_until <= t.closed_at,
       now() + $7::int8 * interval '1 ms'
  from tenants t where t.tenant_id = $1
)sql";
constexpr auto kInsertSteps = R"sql(
insert into erasure_steps (erasure_id, position, stage, relation)
select $1::uuid, s.position, s.stage, s.relation
  from unnest($2::int4[], $3::text[], $4::text[]) as s(position, stage, relation)
)sql";

#define WINNOW_ERASURES                                                                                          \
    "select e.erasure_id, e.erased_tenant, e.service_code, e.name, e.reason, e.closed_at, e.export_until, "      \
    "e.window_waived, e.asked_at, e.begins_at, e.began_at, e.finished_at, w.steps, w.done, w.deleted, n.stage, " \
    "n.relation from erasures e cross join lateral (select count(*) as steps, count(s.done_at) as done, "        \
    "coalesce(sum(s.rows), 0)::int8 as deleted from erasure_steps s where s.erasure_id = e.erasure_id) w "       \
    "left join lateral (select s.stage, s.relation from erasure_steps s where s.erasure_id = e.erasure_id and "  \
    "s.done_at is null order by s.position, s.relation limit 1) n on true "
constexpr auto kList = WINNOW_ERASURES "where e.service_code > $1 order by e.service_code limit $2";
constexpr auto kFind = WINNOW_ERASURES "where e.erasure_id = $1";
#undef WINNOW_ERASURES

constexpr auto kCertificate =
    "select service_code, certificate, key_id, signature, finished_at from erasures where erasure_id = $1";

Erasure read_erasure(const pqxx::row& row)
{
    Erasure erasure{.id = id_of<ErasureId>(row["erasure_id"]),
                    .tenant = id_of<TenantId>(row["erased_tenant"]),
                    .service_code = text_of(row["service_code"]),
                    .name = text_of(row["name"]),
                    .reason = text_of(row["reason"]),
                    .closed_at = time_of(row["closed_at"]),
                    .export_until = time_of(row["export_until"]),
                    .window_waived = row["window_waived"].as<bool>(),
                    .asked_at = time_of(row["asked_at"]),
                    .begins_at = time_of(row["begins_at"]),
                    .began_at = optional_time_of(row["began_at"]),
                    .finished_at = optional_time_of(row["finished_at"]),
                    .steps = row["steps"].as<std::int64_t>(),
                    .done = row["done"].as<std::int64_t>(),
                    .rows = row["deleted"].as<std::int64_t>(),
                    .stage = {},
                    .relation = text_of(row["relation"])};
    if (!row["stage"].is_null()) erasure.stage = domain::parse_erasure_stage(text_of(row["stage"]));
    return erasure;
}

Result<Erasure> one_erasure(const pqxx::result& rows)
{
    if (rows.empty()) return Error(ErrorCode::not_found, "there is no such erasure");
    return read_erasure(rows.front());
}

void insert_steps(pqxx::transaction_base& tx, ErasureId id)
{
    const auto tables = erased_table_names();
    ArrayLiteral positions;
    ArrayLiteral stages;
    ArrayLiteral relations;
    for (const auto& step : domain::erasure_plan(tables)) {
        positions.add(step.position);
        stages.add(to_string(step.stage));
        relations.add(step.table);
    }
    Arguments arguments;
    arguments.add(id);
    arguments.add_literal(positions.take());
    arguments.add_literal(stages.take());
    arguments.add_literal(relations.take());
    query(tx, kInsertSteps, arguments);
}

class PgTenantEnds final : public ports::TenantEnds {
public:
    PgTenantEnds(const Sessions& sessions, std::chrono::milliseconds begins_after, ports::TenantChanged changed)
        : pool_(sessions.of(Errand::control)), begins_after_(begins_after), changed_(std::move(changed))
    {
    }

    Result<Tenant> close(TenantId id, std::chrono::days window, const std::string& reason,
                         const ProviderRequest& by) override
    {
        return told(id, pool_.run([&](Session& session) -> Result<Tenant> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            auto known = one_tenant(query(tx, kLock, id));
            if (!known) return known;
            if (!domain::may_become(known->state, TenantState::closing)) return at_its_end(*known);
            auto closing = one_tenant(query(tx, kClose, id, window.count()));
            append_providers(tx,
                             act_on(id, "tenant.close", by,
                                    {{"reason", reason}, {"export_until", format_rfc3339(*closing->export_until)}}));
            transaction.commit();
            return closing;
        }));
    }

    Result<Tenant> cancel_close(TenantId id, const std::string& reason, const ProviderRequest& by) override
    {
        return told(id, pool_.run([&](Session& session) -> Result<Tenant> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            auto known = one_tenant(query(tx, kLock, id));
            if (!known) return known;
            if (known->state == TenantState::erasing) return at_its_end(*known);
            if (known->state != TenantState::closing) {
                return Error(ErrorCode::conflict, "the tenant is not closing");
            }
            auto active = one_tenant(query(tx, kCancelClose, id));
            append_providers(tx, act_on(id, "tenant.cancel_close", by, {{"reason", reason}}));
            transaction.commit();
            return active;
        }));
    }

    Result<Erasure> erase(TenantId id, const ports::ErasureOrder& order, const ProviderRequest& by) override
    {
        return told(id, pool_.run([&](Session& session) -> Result<Erasure> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto known = one_tenant(query(tx, kLock, id));
            if (!known) return known.error();
            if (known->state == TenantState::erasing) return at_its_end(*known);
            const auto now = time_of(query(tx, "select now()")[0][0]);
            const domain::TenantAtItsEnd end{.closing = known->state == TenantState::closing,
                                             .name = known->name,
                                             .closed_at = known->closed_at.value_or(now),
                                             .export_until = known->export_until.value_or(now)};
            if (auto why = domain::why_not_erased(end, order.wish, now)) return *std::move(why);
            query(tx, kInsertErasure, id, order.id, by.actor.id, by.actor.means, by.actor.request_id, order.reason,
                  begins_after_.count());
            insert_steps(tx, order.id);
            query(tx, kErase, id);
            auto erasure = one_erasure(query(tx, kFind, order.id));
            append_providers(tx, act_on(id, "tenant.erase", by,
                                        {{"reason", order.reason},
                                         {"erasure", order.id.str()},
                                         {"service_code", known->service_code},
                                         {"window_waived", end.needs_waiver(now)}}));
            transaction.commit();
            return erasure;
        }));
    }

    Result<std::vector<Erasure>> erasures(const std::string& after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<Erasure>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<Erasure> found;
            for (const auto& row : query(tx, kList, after, limit)) found.push_back(read_erasure(row));
            return found;
        });
    }

    Result<Erasure> erasure(ErasureId id) override
    {
        return pool_.run([&](Session& session) -> Result<Erasure> {
            pqxx::nontransaction tx(session.connection());
            return one_erasure(query(tx, kFind, id));
        });
    }

    Result<ports::SignedErasure> certificate(ErasureId id) override
    {
        return pool_.run([&](Session& session) -> Result<ports::SignedErasure> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, kCertificate, id);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such erasure");
            const auto row = rows.front();
            if (row["finished_at"].is_null()) {
                return Error(ErrorCode::conflict, "the erasure is not finished: there is no certificate of it yet");
            }
            return ports::SignedErasure{.service_code = text_of(row["service_code"]),
                                        .body = text_of(row["certificate"]),
                                        .key_id = text_of(row["key_id"]),
                                        .signature = bytes_of(row["signature"])};
        });
    }

private:
    /// The database's own notice comes a little later.
    template <typename T>
    Result<T> told(TenantId id, Result<T> changed) const
    {
        if (changed && changed_) changed_({.tenant = id, .policy = true, .credentials = true});
        return changed;
    }

    const Sessions pool_;
    const std::chrono::milliseconds begins_after_;
    const ports::TenantChanged changed_;
};

}  // namespace

std::unique_ptr<ports::TenantEnds> make_tenant_ends(const Sessions& sessions, std::chrono::milliseconds begins_after,
                                                    ports::TenantChanged changed)
{
    return std::make_unique<PgTenantEnds>(sessions, begins_after, std::move(changed));
}

}  // namespace winnow::pg
