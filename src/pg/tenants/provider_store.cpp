#include "winnow/pg/provider_store.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/audit/provider_act.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/tenant_rows.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <optional>
#include <utility>

namespace winnow::pg {

namespace {

using domain::Tenant;

constexpr auto kInsertTenant = "insert into tenants (tenant_id, service_code, name) values ($1, $2, $3) returning *";
constexpr auto kInsertSettings = "insert into tenant_settings (tenant_id) values ($1)";
constexpr auto kInsertAdmin = R"sql(
insert into users (tenant_id, user_id, email, name, role) values ($1, $2, $3, $4, 'admin')
)sql";
constexpr auto kInsertKey = R"sql(
insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint) values ($1, $2, $3, 'first key', $4, $5)
)sql";

constexpr auto kInvited = R"sql(
select user_id, invited from users where tenant_id = $1 and lower(email) = lower($2) and deleted_at is null)sql";
constexpr auto kInsertInvited = R"sql(
insert into users (tenant_id, user_id, email, name, role, state, invited, locale)
values ($1, $2, $3, $4, 'admin', 'disabled', true, $5)
)sql";
constexpr auto kRevokeInvitation =
    "update invitations set state = 'revoked' where tenant_id = $1 and user_id = $2 and state = 'pending'";
constexpr auto kInvite = R"sql(
insert into invitations (tenant_id, invitation_id, user_id, token_hash, state, created_by, expires_at)
values ($1, $2, $3, $4, 'pending', $5, now() + $6::int8 * interval '1 ms')
)sql";
constexpr auto kOweMail = R"sql(
insert into server_mails (tenant_id, mail_id, kind, receiver, locale, sealed_token, happened_at, expires_at)
values ($1, $2, $3, $4, $5, $6, now(), now() + $7::int8 * interval '1 ms')
)sql";

constexpr auto kList = "select * from tenants where service_code > $1 order by service_code limit $2";
constexpr auto kFind = "select * from tenants where tenant_id = $1";
constexpr auto kLockTenant = "select * from tenants where tenant_id = $1 for no key update";

// Tells every node: a cached key of a suspended tenant must stop working.
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

constexpr auto kLockRates = "select rates from tenants where tenant_id = $1 for no key update";
constexpr auto kSetHistoryBytes = "update tenants set max_history_bytes = $2 where tenant_id = $1";

// As above: the rates stand in what nodes have cached of the tenant's keys.
constexpr auto kSetRates = R"sql(
with changed as (
    update tenants set rates = $2::jsonb, credentials_version = credentials_version + 1
     where tenant_id = $1 returning *
)
select changed.*, pg_notify('winnow_credentials', tenant_id::text) from changed
)sql";

constexpr auto kSetAside = R"sql(
select received_at, stream, seq, alerts, quarantined_at, release_asked from quarantined_rows
 where tenant_id = $1 order by received_at, stream, seq limit $2
)sql";
constexpr auto kReleaseAll = "update quarantined_rows set release_asked = true where tenant_id = $1";

/// What is recorded of an act on a tenant; `what` it was goes into the detail.
audit::Act act_on(TenantId tenant, std::string_view name, const ports::ProviderRequest& by,
                  nlohmann::json what = nlohmann::json::object())
{
    return provider_act("tenant:" + tenant.str(), name, by, std::move(what));
}

/// Of a tenant's configuration.
struct Parts {
    bool policy;
    bool credentials;
};

Result<Tenant> one(const pqxx::result& rows)
{
    if (rows.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
    return read_tenant(rows.front());
}

class PgLimitsTransaction final : public ports::LimitsTransaction {
public:
    PgLimitsTransaction(const Sessions& sessions, TenantId tenant, ports::TenantChanged changed)
        : tenant_(tenant), changed_(std::move(changed)), lease_(std::in_place, sessions)
    {
    }

    /// Once. Throws where the database fails.
    [[nodiscard]] Result<Done> lock()
    {
        if (auto refused = lease_->begin({}, {})) return *std::move(refused);
        auto& tx = transaction_.emplace(lease_->session()).tx();
        const auto rows = query(tx, kLockRates, tenant_);
        if (rows.empty()) return Error(ErrorCode::not_found, "there is no such tenant");
        rates_ = read_rates(rows[0][0].c_str());
        return Done{};
    }

    [[nodiscard]] const domain::RateOverrides& rates() const noexcept override { return rates_; }

    Result<Tenant> store(const ports::LimitsChange& change) override
    {
        if (!transaction_) return over();
        return translated([&]() -> Result<Tenant> {
            auto& tx = transaction_->tx();
            if (const auto& bytes = change.history_bytes) {
                query(tx, kSetHistoryBytes, tenant_, *bytes);
                told_["max_history_bytes"] = *bytes ? nlohmann::json(**bytes) : nlohmann::json(nullptr);
            }
            told_["rates"] = nlohmann::json::parse(rates_json(change.rates));
            return one(query(tx, kSetRates, tenant_, rates_json(change.rates)));
        });
    }

    Result<Done> commit(const ports::ProviderRequest& by) override
    {
        if (!transaction_) return over();
        auto committed = translated([&]() -> Result<Done> {
            append_providers(transaction_->tx(), act_on(tenant_, "tenant.change", by, told_));
            transaction_->commit();
            return Done{};
        });
        transaction_.reset();
        lease_.reset();  // whoever is told may need one
        if (committed && changed_) changed_({.tenant = tenant_, .policy = false, .credentials = true});
        return committed;
    }

private:
    static Error over() { return {ErrorCode::internal, "limits are asked for something after their commit"}; }

    const TenantId tenant_;
    const ports::TenantChanged changed_;
    std::optional<SessionLease> lease_;
    std::optional<Transaction> transaction_;  ///< Behind its session: it ends first.
    domain::RateOverrides rates_;
    nlohmann::json told_ = nlohmann::json::object();  ///< What was stored, for its record.
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
            return one(query(tx, kFind, id));
        });
    }

    Result<Tenant> set_suspended(TenantId id, bool suspended, const ports::ProviderRequest& by) override
    {
        return told({.policy = true, .credentials = true}, pool_.run([&](Session& session) {
            Transaction transaction(session);
            auto changed = one(query(transaction.tx(), kSuspend, id, suspended));
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
            auto& tx = transaction.tx();
            // Nobody else makes users of the tenant meanwhile.
            if (auto known = one(query(tx, kLockTenant, id)); !known) return known.error();
            auto user = invitation.user_id;
            const auto found = query(tx, kInvited, id, invitation.email);
            if (!found.empty() && !found[0][1].as<bool>()) {
                return Error(ErrorCode::conflict, "another user already has the address " + invitation.email);
            }
            if (found.empty()) {
                query(tx, kInsertInvited, id, user, invitation.email, invitation.name, to_string(invitation.locale));
            } else {
                user = id_of<UserId>(found[0][0]);
                query(tx, kRevokeInvitation, id, user);
            }
            query(tx, kInvite, id, invitation.id, user, Bytes{invitation.token_hash}, by.actor.id,
                  signin::life_of(signin::LinkPurpose::invitation).count());
            query(tx, kOweMail, id, invitation.mail_id, to_string(signin::MailKind::invitation), invitation.email,
                  to_string(invitation.locale), Bytes{invitation.sealed_token},
                  signin::worth_sending_for(signin::MailKind::invitation).count());
            append_providers(tx, act_on(id, "tenant.invite_admin", by,
                                        {{"admin", {{"user_id", user.str()}, {"email", invitation.email}}}}));
            transaction.commit();
            return user;
        });
    }

    Result<std::unique_ptr<ports::LimitsTransaction>> lock_limits(TenantId id) override
    {
        return translated([&]() -> Result<std::unique_ptr<ports::LimitsTransaction>> {
            auto limits = std::make_unique<PgLimitsTransaction>(pool_, id, changed_);
            if (auto locked = limits->lock(); !locked) return locked.error();
            return limits;
        });
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

    Result<std::vector<ports::SetAsideRow>> set_aside_rows(TenantId id, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<ports::SetAsideRow>> {
            pqxx::nontransaction tx(session.connection());
            if (auto known = one(query(tx, kFind, id)); !known) return known.error();
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
            if (auto known = one(query(tx, kFind, id)); !known) return known.error();
            const auto rows = static_cast<std::size_t>(query(tx, kReleaseAll, id).affected_rows());
            append_providers(tx, act_on(id, "quarantine.release", by, {{"rows", rows}}));
            transaction.commit();
            return rows;
        });
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

private:
    /// The database's own notice comes a little later.
    Result<Tenant> told(Parts parts, Result<Tenant> changed) const
    {
        if (changed && changed_) {
            changed_({.tenant = changed->id, .policy = parts.policy, .credentials = parts.credentials});
        }
        return changed;
    }

    static Result<Tenant> create(Session& session, const ports::NewTenant& tenant, const ports::ProviderRequest& by)
    {
        Transaction transaction(session);
        auto& tx = transaction.tx();
        query(tx, kInsertTenant, tenant.id, tenant.service_code, tenant.name);
        query(tx, kInsertSettings, tenant.id);
        query(tx, kInsertAdmin, tenant.id, tenant.admin_id, tenant.admin_email, tenant.admin_name);
        query(tx, kInsertKey, tenant.id, tenant.admin_key_id, tenant.admin_id, Bytes{tenant.admin_key_hash},
              tenant.admin_key_hint);
        auto created = one(query(tx, kFind, tenant.id));  // the triggers have raised its config_version
        append_providers(tx, act_on(tenant.id, "tenant.create", by,
                                    {{"service_code", tenant.service_code},
                                     {"name", tenant.name},
                                     {"admin", {{"user_id", tenant.admin_id.str()}, {"email", tenant.admin_email}}}}));
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
