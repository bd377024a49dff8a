#include "winnow/ports/signin/oidc_store.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"
#include "pg/signin/oidc_rows.hpp"

#include <memory>
#include <utility>

namespace winnow::pg {
namespace {

using ports::OidcIdentity;
using ports::OidcLogin;
using ports::OidcProvider;

const std::string& providers_sql()
{
    static const std::string kSql = std::string("select ") + kOidcProviderColumns +
                                    " from oidc_providers where tenant_id = $1 and ($2::uuid is null or provider_id > "
                                    "$2::uuid) order by provider_id limit $3";
    return kSql;
}

const std::string& provider_sql()
{
    static const std::string kSql = std::string("select ") + kOidcProviderColumns +
                                    " from oidc_providers where tenant_id = $1 and provider_id = $2";
    return kSql;
}

constexpr auto kInsert = R"sql(
insert into oidc_providers (tenant_id, provider_id, name, issuer, client_id, sealed_secret, client_auth, scopes,
                            algorithms, roles, jit, second_factors, enabled, version, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9::text[], $10::jsonb, $11, $12::text[], $13, $14, $15, $15))sql";

constexpr auto kUpdate = R"sql(
update oidc_providers
   set name = $3, issuer = $4, client_id = $5, sealed_secret = $6, client_auth = $7, scopes = $8::text[],
       algorithms = $9::text[], roles = $10::jsonb, jit = $11, second_factors = $12::text[], enabled = $13,
       version = $14, updated_at = $15
 where tenant_id = $1 and provider_id = $2)sql";

constexpr auto kBegin = R"sql(
insert into oidc_logins (tenant_id, login_id, provider_id, state_hash, nonce, binding_hash, source_hash, return_to,
                         prove_anew, expires_at)
select $1::uuid, $2::uuid, $3::uuid, $4::bytea, $5::text, $6::bytea, $7::bytea, $8::text, $9::boolean, $10::timestamptz
 where (select count(*) from oidc_logins where tenant_id = $1::uuid and used_at is null and expires_at > now())
       < $11::bigint
   and (select count(*) from oidc_logins
         where tenant_id = $1::uuid and source_hash = $7::bytea and used_at is null and expires_at > now())
       < $12::bigint)sql";

constexpr auto kLogin = R"sql(
select login_id, provider_id, nonce, binding_hash, source_hash, return_to, prove_anew, expires_at, used_at
  from oidc_logins
 where tenant_id = $1 and state_hash = $2 for update)sql";

constexpr auto kIdentity = R"sql(
select user_id, managed from user_identities where tenant_id = $1 and provider_id = $2 and subject = $3)sql";

constexpr auto kLink = R"sql(
insert into user_identities (tenant_id, provider_id, subject, user_id, managed) values ($1, $2, $3, $4, $5))sql";

// Of who was deleted a hash of the subject stays, by which the same one is known when it comes again, and nothing else.
constexpr auto kUnlink = R"sql(
update user_identities
   set subject = 'removed:' || encode(sha256(convert_to(subject, 'UTF8')), 'hex'), managed = false, signed_in_at = null
 where tenant_id = $1 and user_id = $2)sql";
constexpr auto kWasRemoved = R"sql(
select exists (select from user_identities
                where tenant_id = $1 and provider_id = $2
                  and subject = 'removed:' || encode(sha256(convert_to($3::text, 'UTF8')), 'hex')))sql";
constexpr auto kForgetRemoved = R"sql(
delete from user_identities
 where tenant_id = $1 and provider_id = $2
   and subject = 'removed:' || encode(sha256(convert_to($3::text, 'UTF8')), 'hex'))sql";

constexpr auto kLetAccept = R"sql(
update invitations set oidc_provider_id = $3 where tenant_id = $1 and user_id = $2 and state = 'pending')sql";

constexpr auto kInvitation = R"sql(
select invitation_id, created_by, expires_at from invitations
 where tenant_id = $1 and user_id = $2 and oidc_provider_id = $3 and state = 'pending' and expires_at > now()
   for update)sql";

Error no_such_provider()
{
    return {ErrorCode::not_found, "there is no such provider"};
}

class PgOidcStore final : public ports::OidcStore {
public:
    PgOidcStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<OidcProvider>> page(std::optional<OidcProviderId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<OidcProvider>> {
            std::vector<OidcProvider> providers;
            for (const auto& row : query(tx_, providers_sql().c_str(), tenant_, after, limit)) {
                providers.push_back(read_oidc_provider(row));
            }
            return providers;
        });
    }

    Result<OidcProvider> find(OidcProviderId id) override
    {
        return translated([&]() -> Result<OidcProvider> {
            const auto rows = query(tx_, provider_sql().c_str(), tenant_, id);
            if (rows.empty()) return no_such_provider();
            return read_oidc_provider(rows.front());
        });
    }

    Result<std::size_t> count() override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_, "select count(*) from oidc_providers where tenant_id = $1", tenant_)[0][0]
                .as<std::size_t>();
        });
    }

    Result<Done> insert(const OidcProvider& provider) override { return write(kInsert, provider, provider.created_at); }

    Result<Done> update(const OidcProvider& provider) override { return write(kUpdate, provider, provider.updated_at); }

    Result<Done> remove(OidcProviderId id) override
    {
        return translated([&]() -> Result<Done> {
            const auto gone =
                query(tx_, "delete from oidc_providers where tenant_id = $1 and provider_id = $2", tenant_, id);
            if (gone.affected_rows() == 0) return no_such_provider();
            return Done{};
        });
    }

    Result<Done> begin_login(const OidcLogin& login, const std::string& state_hash) override
    {
        return translated([&]() -> Result<Done> {
            const auto begun = query(tx_, kBegin, tenant_, login.id, login.provider, Bytes{state_hash}, login.nonce,
                                     Bytes{login.binding}, Bytes{login.source}, login.return_to, login.prove_anew,
                                     login.expires_at, ports::kMaxWaitingLogins, ports::kMaxWaitingOfSource);
            if (begun.affected_rows() == 0) {
                return Error(ErrorCode::rate_limited, "too many sign-ins are under way; try again in some minutes");
            }
            return Done{};
        });
    }

    Result<std::optional<OidcLogin>> lock_login(const std::string& state_hash) override
    {
        return translated([&]() -> Result<std::optional<OidcLogin>> {
            const auto rows = query(tx_, kLogin, tenant_, Bytes{state_hash});
            if (rows.empty()) return std::optional<OidcLogin>();
            return std::optional(read_oidc_login(rows.front()));
        });
    }

    Result<Done> use_login(const Uuid& id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "update oidc_logins set used_at = now() where tenant_id = $1 and login_id = $2", tenant_, id);
            return Done{};
        });
    }

    Result<std::optional<OidcIdentity>> identity(OidcProviderId provider, const std::string& subject) override
    {
        return translated([&]() -> Result<std::optional<OidcIdentity>> {
            const auto rows = query(tx_, kIdentity, tenant_, provider, subject);
            if (rows.empty()) return std::optional<OidcIdentity>();
            return std::optional(OidcIdentity{.user = id_of<UserId>(rows[0][0]), .managed = rows[0][1].as<bool>()});
        });
    }

    Result<Done> note_sign_in(UserId user) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "update user_identities set signed_in_at = now() where tenant_id = $1 and user_id = $2", tenant_,
                  user);
            return Done{};
        });
    }

    Result<Done> unlink(UserId user) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kUnlink, tenant_, user);
            return Done{};
        });
    }

    Result<bool> was_removed(OidcProviderId provider, const std::string& subject) override
    {
        return translated([&]() -> Result<bool> {
            return query(tx_, kWasRemoved, tenant_, provider, subject).front()[0].as<bool>();
        });
    }

    Result<Done> link(OidcProviderId provider, const std::string& subject, const OidcIdentity& identity) override
    {
        return unless_taken("user_identities_pkey", "this subject of the provider is somebody already", [&] {
            query(tx_, kForgetRemoved, tenant_, provider, subject);
            query(tx_, kLink, tenant_, provider, subject, identity.user, identity.managed);
        });
    }

    Result<Done> let_accept(UserId user, OidcProviderId provider) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kLetAccept, tenant_, user, provider);
            return Done{};
        });
    }

    Result<domain::TenantState> tenant_state() override
    {
        return translated([&]() -> Result<domain::TenantState> {
            const auto word = text_of(query(tx_, "select state from tenants where tenant_id = $1", tenant_).front()[0]);
            const auto state = domain::parse_tenant_state(word);
            if (!state) return Error(ErrorCode::internal, "a tenant's state is unknown to this program");
            return *state;
        });
    }

    Result<std::optional<ports::MailedLink>> invitation(UserId user, OidcProviderId provider) override
    {
        return translated([&]() -> Result<std::optional<ports::MailedLink>> {
            const auto rows = query(tx_, kInvitation, tenant_, user, provider);
            if (rows.empty()) return std::optional<ports::MailedLink>();
            ports::MailedLink link;
            link.purpose = signin::LinkPurpose::invitation;
            link.id = uuid_of(rows[0][0]);
            link.user = user;
            link.created_by = text_of(rows[0][1]);
            link.expires_at = time_of(rows[0][2]);
            return std::optional(std::move(link));
        });
    }

private:
    Result<Done> write(const char* sql, const OidcProvider& provider, Timestamp at)
    {
        return unless_taken("oidc_providers_tenant_id_name_key", "another provider has this name", [&] {
            query(tx_, sql, tenant_, provider.id, provider.name, provider.issuer, provider.client_id,
                  Bytes{provider.sealed_secret}, to_string(provider.auth), array_of(provider.scopes),
                  array_of(provider.algorithms), role_mapping_json(provider.roles), provider.jit,
                  array_of(provider.second_factors), provider.enabled, provider.version, at);
        });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::OidcStore> make_oidc_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgOidcStore>(tx, tenant);
}

}  // namespace winnow::pg
