#pragma once

/// @file
/// Looking a key up, and the provider's side of tenants.

#include "winnow/access/permission.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/history.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/tenants/quota.hpp"
#include "winnow/ports/audit_store.hpp"
#include "winnow/signin/mail_text.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// Whose key it is, and for how long it will be: from when it was asked for; nullopt: it does not expire.
struct Credential {
    access::Principal principal;
    std::optional<std::chrono::milliseconds> lives_for;
};

/// Thread-safe; never blocks the caller.
class CredentialStore {
public:
    CredentialStore() = default;
    CredentialStore(const CredentialStore&) = delete;
    CredentialStore& operator=(const CredentialStore&) = delete;
    virtual ~CredentialStore() = default;

    /// The caller whose key has this SHA-256; nullopt if there is none. `unavailable` where the database is away.
    /// `done` is called once, on a database thread (or at once with `unavailable` when the queue is full).
    virtual void find(std::string hash, std::move_only_function<void(Result<std::optional<Credential>>)> done) = 0;

    /// False while no session is to be had; it is tried again without a call.
    [[nodiscard]] virtual bool healthy() const { return true; }
};

/// A key that was used, of a user or of an integration, an access key, or a session.
struct CredentialUse {
    TenantId tenant;
    access::CredentialKind kind = access::CredentialKind::user_key;
    Uuid key;          ///< Or the session's id.
    Timestamp minute;  ///< In which it was, for the last time: when that began.
};

/// Thread-safe, blocking.
class CredentialUseStore {
public:
    CredentialUseStore() = default;
    CredentialUseStore(const CredentialUseStore&) = delete;
    CredentialUseStore& operator=(const CredentialUseStore&) = delete;
    virtual ~CredentialUseStore() = default;

    /// Stores them all, of any tenants: keys in one statement, sessions in another. Where another node has noted a
    /// later use, that stays; a key that is gone is left out. `uses` names each key once.
    [[nodiscard]] virtual Result<Done> note(const std::vector<CredentialUse>& uses) = 0;
};

/// A tenant as it is created: with its first admin and that admin's first key.
struct NewTenant {
    TenantId id;
    std::string service_code;
    std::string name;
    std::string data_region = {};  ///< Tenant::data_region.
    UserId admin_id;
    std::string admin_email;
    std::string admin_name;
    ApiKeyId admin_key_id;
    std::string admin_key_hash;  ///< 32 bytes.
    std::string admin_key_hint;
    /// nullopt: it does not expire, and nobody's log but the provider's tells of it: the demonstration's.
    std::optional<std::chrono::milliseconds> admin_key_life = {};
};

/// An admin who is to come: a user who was invited, the link, and the mail that it goes by.
struct AdminInvitation {
    UserId user_id;
    std::string email;
    std::string name;
    signin::Locale locale = signin::Locale::en;
    InvitationId id;
    std::string token_hash;  ///< SHA-256, 32 bytes.
    ServerMailId mail_id;
    std::string sealed_token;  ///< In mail_token_place() of the mail.
    std::string reason = {};   ///< Why, in a tenant that has an admin who signs in; "": none was given.
};

/// The limits that are set for one tenant alone, as they are to be.
struct LimitsChange {
    domain::RateOverrides rates;
    /// nullopt: left as it is; of nullopt: the node's configuration holds again. In force for the next request.
    std::optional<std::optional<std::int64_t>> history_bytes = {};
};

/// What the provider sets of a quota for one tenant; nullopt: the node's configuration holds again.
struct QuotaChange {
    domain::Quota quota = domain::Quota::users;
    std::optional<std::int64_t> own = {};
};

/// By whom and what the provider's act was asked for: what its record in the provider's audit chain says. Without one
/// it was the program itself.
struct ProviderRequest {
    audit::Actor actor;
    std::string address;
    std::string user_agent;
    std::string certificate_subject;  ///< "" where a key was shown.
};

/// A tenant whose limits nobody else changes until this goes: they are loaded, somebody decides, and what he makes of
/// them is stored. Rolled back unless it was committed; asked for more then, `internal`. Owns a session of its store's
/// pool until then, so it is used and dropped on the thread that locked it, which asks that pool for nothing meanwhile.
class LimitsTransaction {
public:
    LimitsTransaction() = default;
    LimitsTransaction(const LimitsTransaction&) = delete;
    LimitsTransaction& operator=(const LimitsTransaction&) = delete;
    virtual ~LimitsTransaction() = default;

    /// As they are.
    [[nodiscard]] virtual const domain::RateOverrides& rates() const noexcept = 0;

    /// The tenant as it is to be.
    [[nodiscard]] virtual Result<domain::Tenant> store(const LimitsChange& change) = 0;

    /// Once. `timeout`: nobody knows whether it was stored.
    [[nodiscard]] virtual Result<Done> commit(const ProviderRequest& by) = 0;
    [[nodiscard]] Result<Done> commit() { return commit(ProviderRequest()); }
};

/// A journal row that was set aside because judging it ended processes.
struct SetAsideRow {
    domain::RowPosition position;
    std::uint32_t alerts = 0;
    Timestamp set_aside_at;
    bool release_asked = false;
};

/// The management plane's transactions, under the provider role; each act stands in the provider's audit chain when it
/// is committed. Thread-safe, blocking: call on a worker thread.
class ProviderStore {
public:
    ProviderStore() = default;
    ProviderStore(const ProviderStore&) = delete;
    ProviderStore& operator=(const ProviderStore&) = delete;
    virtual ~ProviderStore() = default;

    /// `conflict` where the service code is taken.
    [[nodiscard]] virtual Result<domain::Tenant> create_tenant(const NewTenant& tenant, const ProviderRequest& by) = 0;
    [[nodiscard]] Result<domain::Tenant> create_tenant(const NewTenant& tenant)
    {
        return create_tenant(tenant, ProviderRequest());
    }
    /// In order of service code, those after `after` ("" for the first page).
    [[nodiscard]] virtual Result<std::vector<domain::Tenant>> tenants(const std::string& after, std::size_t limit) = 0;
    [[nodiscard]] virtual Result<domain::Tenant> tenant(TenantId id) = 0;
    [[nodiscard]] virtual Result<domain::Tenant> set_suspended(TenantId id, bool suspended,
                                                               const ProviderRequest& by) = 0;
    [[nodiscard]] Result<domain::Tenant> set_suspended(TenantId id, bool suspended)
    {
        return set_suspended(id, suspended, ProviderRequest());
    }
    /// Who was invited as an admin with that address before, and has not come, is invited anew: then that user's id is
    /// returned. So is an admin who has neither a password nor a session, nor comes by a provider of sign-ins: a key
    /// opens nothing then until the link was followed. `not_found`: there is no such tenant; `conflict`: another user
    /// has the address, the tenant is at its end, or has an admin who signs in and no reason is given.
    [[nodiscard]] virtual Result<UserId> invite_admin(TenantId id, const AdminInvitation& invitation,
                                                      const ProviderRequest& by) = 0;
    /// `not_found`: there is no such tenant.
    [[nodiscard]] virtual Result<std::unique_ptr<LimitsTransaction>> lock_limits(TenantId id) = 0;

    /// What the tenant's histories take, and its own limit.
    [[nodiscard]] virtual Result<domain::HistoryUse> history(TenantId id) = 0;

    /// What the tenant may have of each thing and has, in the order of domain::kQuotas. `not_found`: as above.
    [[nodiscard]] virtual Result<std::vector<domain::QuotaUse>> quotas(TenantId id) = 0;
    /// What is set for the tenant alone, in force for its next request; what is there beyond it stays. As they are
    /// then.
    [[nodiscard]] virtual Result<std::vector<domain::QuotaUse>> set_quotas(TenantId id,
                                                                           const std::vector<QuotaChange>& changes,
                                                                           const ProviderRequest& by) = 0;

    /// The oldest ones first. `not_found`: there is no such tenant.
    [[nodiscard]] virtual Result<std::vector<SetAsideRow>> set_aside_rows(TenantId id, std::size_t limit) = 0;
    /// All of the tenant's that are set aside are journaled anew, by any node, within seconds. How many; errors as
    /// above.
    [[nodiscard]] virtual Result<std::size_t> release(TenantId id, const ProviderRequest& by) = 0;

    /// Of an act that is done in another database: recorded before it is, in the provider's own chain. `object` is what
    /// it is done to ("tenant:<id>"), `detail` a JSON object.
    [[nodiscard]] virtual Result<Done> record(const std::string& act, const std::string& object,
                                              const std::string& detail, const ProviderRequest& by) = 0;

    /// Records that the provider's chain is exported, by whom, and says where it ends: with that record.
    [[nodiscard]] virtual Result<std::int64_t> begin_audit_export(const ProviderRequest& by) = 0;
    /// As AuditStore::links() and anchors(), of the provider's chain.
    [[nodiscard]] virtual Result<std::vector<AuditRecord>> audit_links(std::int64_t after, std::int64_t last,
                                                                       std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::vector<winnow::audit::Anchor>> audit_anchors(std::int64_t after,
                                                                                   std::size_t limit) = 0;

    /// The tenant lets its callers in from everywhere again; that stands in its own chain, too, with `reason`.
    /// `not_found`: there is no such tenant.
    [[nodiscard]] virtual Result<Done> reset_networks(TenantId id, const std::string& reason,
                                                      const ProviderRequest& by) = 0;

    /// The provider's own chain, the newest first; those after `after`.
    [[nodiscard]] virtual Result<std::vector<AuditRecord>> audit(const AuditFilter& filter,
                                                                 const std::optional<AuditPlace>& after,
                                                                 std::size_t limit) = 0;
};

}  // namespace winnow::ports
