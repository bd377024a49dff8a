#include "winnow/pg/provider_store.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/rows/tenant_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/admin_invitation.hpp"
#include "pg/tenants/limits_transaction.hpp"
#include "pg/tenants/provider_acts.hpp"
#include "pg/tenants/quota_rows.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

using domain::Tenant;

constexpr auto kInsertTenant =
    "insert into tenants (tenant_id, service_code, name, data_region) values ($1, $2, $3, $4) returning *";
constexpr auto kInsertSettings = "insert into tenant_settings (tenant_id) values ($1)";
constexpr auto kInsertAdmin = R"sql(
insert into users (tenant_id, user_id, email, name, role) values ($1, $2, $3, $4, 'admin')
)sql";
constexpr auto kInsertKey = R"sql(
insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint, expires_at)
values ($1, $2, $3, 'first key', $4, $5, now() + $6::int8 * interval '1 ms')
)sql";

constexpr auto kList = "select * from tenants where service_code > $1 order by service_code limit $2";
constexpr auto kFind = "select * from tenants where tenant_id = $1";

// Tells every node: a cached key of a suspended tenant must stop working.
constexpr auto kLockTenant = "select * from tenants where tenant_id = $1 for no key update";
constexpr auto kSuspend = R"sql(
with changed as (
    update tenants
       set state = case when $2 then 'suspended' else 'active' end, suspended_at = case when $2 then now() end,
           config_version = config_version + 1, credentials_version = credentials_version + 1
     where tenant_id = $1 returning *
)
select changed.*, pg_notify('winnow_config', tenant_id::text), pg_notify('winnow_credentials', tenant_id::text)
  from changed
)sql";

constexpr auto kSetAside = R"sql(
select received_at, stream, seq, alerts, quarantined_at, release_asked from quarantined_rows
 where tenant_id = $1 order by received_at, stream, seq limit $2
)sql";
constexpr auto kQuotasOf = "select * from quotas_of($1)";
constexpr auto kSetQuota = R"sql(
insert into quotas as q (tenant_id, name, most) values ($1, $2, $3)
on conflict (tenant_id, name) do update set most = excluded.most
)sql";

constexpr auto kReleaseAll = "update quarantined_rows set release_asked = true where tenant_id = $1";

constexpr auto kRecordCreation = "select record_tenant_creation($1, $2, $3, $4, $5, $6, $7)";
constexpr auto kResetNetworks = "select reset_source_networks($1, $2, $3, $4, $5, $6, $7)";

/// Of a tenant's configuration.
struct Parts {
    bool policy;
    bool credentials;
};

class PgProviderStore final : public ports::ProviderStore {
public:
    PgProviderStore(const Sessions& sessions, ports::TenantChanged changed)
        : pool_(sessions.of(Errand::control)), changed_(std::move(changed))
    {
    }

    Result<Tenant> create_tenant(const ports::NewTenant& tenant, const ports::ProviderRequest& by) override
    {
        return told({.policy = true, .credentials = true}, pool_.run([&](Session& session) -> Result<Tenant> {
            try {
                return create(session, tenant, by);
            } catch (const pqxx::sql_error& failure) {
                if (!violates(failure, "tenants_service_code_key")) throw;
                return Error(ErrorCode::conflict, "another tenant has this service code");
            }
        }));
    }

    Result<std::vector<Tenant>> tenants(const std::string& after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<Tenant>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<Tenant> tenants;
            for (const auto& row : query(tx, kList, after, limit)) tenants.push_back(read_tenant(row));
            return tenants;
        });
    }

    Result<Tenant> tenant(TenantId id) override
    {
        return pool_.run([&](Session& session) {
            pqxx::nontransaction tx(session.connection());
            return one_tenant(query(tx, kFind, id));
        });
    }

    Result<Tenant> set_suspended(TenantId id, bool suspended, const ports::ProviderRequest& by) override
    {
        return told({.policy = true, .credentials = true}, pool_.run([&](Session& session) {
            Transaction transaction(session);
            auto known = one_tenant(query(transaction.tx(), kLockTenant, id));
            if (!known) return known;
            if (known->closed_at) return Result<Tenant>(at_its_end(*known));
            auto changed = one_tenant(query(transaction.tx(), kSuspend, id, suspended));
            if (!changed) return changed;
            append_providers(transaction.tx(), act_on(id, suspended ? "tenant.suspend" : "tenant.resume", by));
            transaction.commit();
            return changed;
        }));
    }

    Result<UserId> invite_admin(TenantId id, const ports::AdminInvitation& invitation,
                                const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<UserId> {
            Transaction transaction(session);
            auto user = pg::invite_admin(transaction.tx(), id, invitation, by);
            if (!user) return user;
            transaction.commit();
            return user;
        });
    }

    Result<std::unique_ptr<ports::LimitsTransaction>> lock_limits(TenantId id) override
    {
        return pg::lock_limits(pool_, id, changed_);
    }

    Result<domain::HistoryUse> history(TenantId id) override
    {
        return pool_.run([&](Session& session) -> Result<domain::HistoryUse> {
            pqxx::nontransaction tx(session.connection());
            const auto rows =
                query(tx, "select history_bytes(tenant_id), max_history_bytes from tenants where tenant_id = $1", id);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
            domain::HistoryUse use{.used = rows[0][0].as<std::int64_t>(), .own = {}};
            if (!rows[0][1].is_null()) use.own = rows[0][1].as<std::int64_t>();
            return use;
        });
    }

    Result<std::vector<domain::QuotaUse>> quotas(TenantId id) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<domain::QuotaUse>> {
            pqxx::nontransaction tx(session.connection());
            if (auto known = one_tenant(query(tx, kFind, id)); !known) return known.error();
            return read_quotas(query(tx, kQuotasOf, id));
        });
    }

    Result<std::vector<domain::QuotaUse>> set_quotas(TenantId id, const std::vector<ports::QuotaChange>& changes,
                                                     const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<domain::QuotaUse>> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (auto known = one_tenant(query(tx, kFind, id)); !known) return known.error();
            auto told = nlohmann::json::object();
            // What is the tenant's own row first, as requests of people take locks; without it that is left alone: a
            // fold takes it after its quotas.
            for (const auto& [quota, own] : changes) {
                if (quota == domain::Quota::history_bytes) query(tx, kSetHistoryBytes, id, own);
            }
            for (const auto& [quota, own] : changes) {
                const auto name = domain::class_of(quota).name;
                if (quota != domain::Quota::history_bytes) query(tx, kSetQuota, id, name, own);
                told[std::string(name)] = own ? nlohmann::json(*own) : nlohmann::json(nullptr);
            }
            append_providers(tx, act_on(id, "quota.change", by, {{"quotas", std::move(told)}}));
            auto now = read_quotas(query(tx, kQuotasOf, id));
            transaction.commit();
            return now;
        });
    }

    Result<std::vector<ports::SetAsideRow>> set_aside_rows(TenantId id, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<ports::SetAsideRow>> {
            pqxx::nontransaction tx(session.connection());
            if (auto known = one_tenant(query(tx, kFind, id)); !known) return known.error();
            std::vector<ports::SetAsideRow> rows;
            for (const auto& row : query(tx, kSetAside, id, limit)) {
                rows.push_back({.position = {.received_at = time_of(row[0]),
                                             .stream = row[1].as<domain::StreamId>(),
                                             .seq = row[2].as<std::uint64_t>()},
                                .alerts = row[3].as<std::uint32_t>(),
                                .set_aside_at = time_of(row[4]),
                                .release_asked = row[5].as<bool>()});
            }
            return rows;
        });
    }

    Result<std::size_t> release(TenantId id, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<std::size_t> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (auto known = one_tenant(query(tx, kFind, id)); !known) return known.error();
            const auto rows = static_cast<std::size_t>(query(tx, kReleaseAll, id).affected_rows());
            append_providers(tx, act_on(id, "quarantine.release", by, {{"rows", rows}}));
            transaction.commit();
            return rows;
        });
    }

    Result<Done> record(const std::string& act, const std::string& object, const std::string& detail,
                        const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            append_providers(transaction.tx(), act_of(object, act, by, nlohmann::json::parse(detail)));
            transaction.commit();
            return Done{};
        });
    }

    Result<Done> reset_networks(TenantId id, const std::string& reason, const ports::ProviderRequest& by) override
    {
        auto done = pool_.run([&](Session& session) -> Result<Done> {
            const nlohmann::json what{{"reason", reason}};
            const auto [theirs, own] = in_both(act_on(id, "networks.reset", by, what), what);
            pqxx::nontransaction tx(session.connection());
            const auto known = query(tx, kResetNetworks, id, theirs.record, theirs.detail, Bytes{theirs.salt},
                                     own.record, own.detail, Bytes{own.salt})[0][0]
                                   .as<bool>();
            if (!known) return Error(ErrorCode::not_found, "there is no such tenant");
            return Done{};
        });
        if (done && changed_) changed_({.tenant = id, .policy = false, .credentials = true});
        return done;
    }

    Result<std::vector<ports::AuditRecord>> audit(const ports::AuditFilter& filter,
                                                  const std::optional<ports::AuditPlace>& after,
                                                  std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<ports::AuditRecord>> {
            pqxx::nontransaction tx(session.connection());
            return audit_page(tx, Uuid(), filter, after, limit);
        });
    }

    Result<std::int64_t> begin_audit_export(const ports::ProviderRequest& by) override
    {
        constexpr int kBegun = 202;
        return pool_.run([&](Session& session) -> Result<std::int64_t> {
            Transaction transaction(session);
            auto act = act_of("audit", "audit.export", by);
            act.result = kBegun;
            const auto seq = append_providers(transaction.tx(), act);
            transaction.commit();
            return seq;
        });
    }

    Result<std::vector<ports::AuditRecord>> audit_links(std::int64_t after, std::int64_t last,
                                                        std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<ports::AuditRecord>> {
            pqxx::nontransaction tx(session.connection());
            return pg::audit_links(tx, Uuid(), after, last, limit);
        });
    }

    Result<std::vector<winnow::audit::Anchor>> audit_anchors(std::int64_t after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<winnow::audit::Anchor>> {
            pqxx::nontransaction tx(session.connection());
            return pg::audit_anchors(tx, Uuid(), after, limit);
        });
    }

private:
    /// The database's own notice comes a little later.
    Result<Tenant> told(Parts parts, Result<Tenant> changed) const
    {
        if (changed && changed_) {
            changed_({.tenant = changed->id, .policy = parts.policy, .credentials = parts.credentials});
        }
        return changed;
    }

    static void record_creation(pqxx::transaction_base& tx, const ports::NewTenant& tenant,
                                const ports::ProviderRequest& by)
    {
        const nlohmann::json what{
            {"service_code", tenant.service_code},
            {"name", tenant.name},
            {"admin",
             {{"user_id", tenant.admin_id.str()}, {"email", tenant.admin_email}, {"key", tenant.admin_key_id.str()}}}};
        const auto act = act_on(tenant.id, "tenant.create", by, what);
        if (!tenant.admin_key_life) {
            append_providers(tx, act);
            return;
        }
        const auto [theirs, own] = in_both(act, what);
        query(tx, kRecordCreation, tenant.id, theirs.record, theirs.detail, Bytes{theirs.salt}, own.record, own.detail,
              Bytes{own.salt});
    }

    static Result<Tenant> create(Session& session, const ports::NewTenant& tenant, const ports::ProviderRequest& by)
    {
        Transaction transaction(session);
        auto& tx = transaction.tx();
        query(tx, kInsertTenant, tenant.id, tenant.service_code, tenant.name, tenant.data_region);
        query(tx, kInsertSettings, tenant.id);
        query(tx, kInsertAdmin, tenant.id, tenant.admin_id, tenant.admin_email, tenant.admin_name);
        std::optional<std::int64_t> life;
        if (tenant.admin_key_life) life = tenant.admin_key_life->count();
        query(tx, kInsertKey, tenant.id, tenant.admin_key_id, tenant.admin_id, Bytes{tenant.admin_key_hash},
              tenant.admin_key_hint, life);
        auto created = one_tenant(query(tx, kFind, tenant.id));  // the triggers have raised its config_version
        record_creation(tx, tenant, by);
        transaction.commit();
        return created;
    }

    const Sessions pool_;
    const ports::TenantChanged changed_;
};

}  // namespace

std::unique_ptr<ports::ProviderStore> make_provider_store(const Sessions& sessions, ports::TenantChanged changed)
{
    return std::make_unique<PgProviderStore>(sessions, std::move(changed));
}

}  // namespace winnow::pg
