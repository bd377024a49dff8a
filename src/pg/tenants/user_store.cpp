#include "winnow/ports/user_store.hpp"

#include "pg/credentials/dead_keys.hpp"
#include "pg/credentials/key_limits.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"

#include <memory>
#include <stdexcept>
#include <string_view>

namespace winnow::pg {
namespace {

using ports::ApiKey;
using ports::User;

constexpr auto kUsers = R"sql(
select u.*, p.user_id is not null as has_password, greatest(p.signed_in_at, o.signed_in_at) as signed_in_at,
       o.managed_by, i.expires_at as invited_until,
       case when i.user_id is not null then invitation_mail(u.email, i.created_at) end as invitation_mail,
       exists (select from user_factors f where f.tenant_id = u.tenant_id and f.user_id = u.user_id
                                            and f.kind = 'totp' and f.state = 'active') as has_factor
  from users u
  left join user_passwords p on p.tenant_id = u.tenant_id and p.user_id = u.user_id
  left join lateral (select max(w.signed_in_at) as signed_in_at,
                            (array_agg(w.provider_id order by w.linked_at, w.provider_id) filter (where w.managed))[1]
                                as managed_by
                       from user_identities w where w.tenant_id = u.tenant_id and w.user_id = u.user_id) o on true
  left join invitations i on i.tenant_id = u.tenant_id and i.user_id = u.user_id and i.state = 'pending' and u.invited
 where u.tenant_id = $1 and ($2::uuid is null or u.user_id > $2::uuid) and ($3::uuid is null or u.user_id = $3::uuid)
   and ($3::uuid is not null or u.deleted_at is null)
 order by u.user_id limit $4)sql";

// Addresses are ASCII. Of what is not, lower() may make what is (U+212A, the Kelvin sign, a k): one user would be found
// by several spellings, each with failures of its own (signin::account_subject).
constexpr auto kByEmail = R"sql(
select user_id from users
 where tenant_id = $1 and lower(email) = lower($2) and deleted_at is null
   and octet_length($2::text) = char_length($2::text))sql";

constexpr auto kOtherAdmins = R"sql(
select count(*) filter (where not a.is_the_one) as others,
       count(*) filter (where not a.is_the_one and a.gets_in) as others_who_get_in,
       coalesce(bool_or(a.gets_in) filter (where a.is_the_one), false) as the_one_gets_in
  from (select u.user_id = $2 as is_the_one,
               exists (select from user_passwords p where p.tenant_id = u.tenant_id and p.user_id = u.user_id)
               or exists (select from api_keys k
                           where k.tenant_id = u.tenant_id and k.user_id = u.user_id and k.revoked_at is null
                             and (k.expires_at is null or k.expires_at > now()))
               or exists (select from user_identities i
                            join oidc_providers o on o.tenant_id = i.tenant_id and o.provider_id = i.provider_id
                           where i.tenant_id = u.tenant_id and i.user_id = u.user_id and o.enabled) as gets_in
          from users u
         where u.tenant_id = $1 and u.role = 'admin' and u.state = 'active' and u.management_group_ids is null) a)sql";

constexpr auto kInsertUser = R"sql(
insert into users (tenant_id, user_id, email, name, role, audits, state, version, created_at, updated_at, invited,
                   mfa_required, locale, management_group_ids)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::uuid[]))sql";

constexpr auto kUpdateUser = R"sql(
update users set email = $3, name = $4, role = $5, audits = $6, state = $7, version = $8, updated_at = $9,
                 invited = $10, deleted_at = $11, mfa_required = $12, locale = $13, management_group_ids = $14::uuid[]
 where tenant_id = $1 and user_id = $2)sql";

constexpr auto kKeys = R"sql(
select k.key_id, k.user_id, k.name, k.hint, k.created_at, k.created_by, k.expires_at, u.used_at,
       array_to_string(k.scopes, ' ') as scopes, array_to_string(k.networks, ' ') as networks,
       k.management_group_ids
  from api_keys k
  left join credential_use u on u.tenant_id = k.tenant_id and u.kind = 'user' and u.credential_id = k.key_id
 where k.tenant_id = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
   and ($2::uuid is null or k.user_id = $2::uuid)
   and ($3::uuid is null or k.key_id > $3::uuid)
   and ($4::uuid is null or k.key_id = $4::uuid)
 order by k.key_id limit $5)sql";

// As many at once as one request may take, where more have gathered.
constexpr auto kForgetKeys = R"sql(
delete from api_keys
 where tenant_id = $1
   and key_id = any(array(select key_id from api_keys
                              where tenant_id = $1 and user_id = $2 and least(revoked_at, expires_at) <= now()
                              order by least(revoked_at, expires_at) desc, key_id desc offset $3 limit 1000)))sql";

/// An auditor's row is a viewer's with a mark, so that older programs can read it (migration 0037).
bool audits(const User& user)
{
    return user.role == access::Role::auditor;
}

std::string_view stored_role(const User& user)
{
    return to_string(audits(user) ? access::Role::viewer : user.role);
}

User read_user(const pqxx::row& row)
{
    const auto role = row["audits"].as<bool>() ? access::Role::auditor : access::parse_role(row["role"].c_str());
    if (!role) throw std::runtime_error("a row of users cannot be read");
    User user;
    user.id = id_of<UserId>(row["user_id"]);
    user.email = text_of(row["email"]);
    user.name = text_of(row["name"]);
    user.role = *role;
    user.active = text_of(row["state"]) == "active";
    user.invited = row["invited"].as<bool>();
    user.deleted_at = optional_time_of(row["deleted_at"]);
    user.mfa_required = row["mfa_required"].as<bool>();
    user.locale = signin::parse_locale(row["locale"].c_str()).value_or(signin::Locale::en);
    user.groups = groups_of(row["management_group_ids"]);
    user.has_password = row["has_password"].as<bool>();
    user.has_factor = row["has_factor"].as<bool>();
    user.last_sign_in = optional_time_of(row["signed_in_at"]);
    user.managed_by = optional_id_of<OidcProviderId>(row["managed_by"]);
    if (const auto until = optional_time_of(row["invited_until"])) {
        user.invitation = ports::InvitationState{.expires_at = *until, .mail = text_of(row["invitation_mail"])};
    }
    user.version = row["version"].as<std::int64_t>();
    user.created_at = time_of(row["created_at"]);
    user.updated_at = time_of(row["updated_at"]);
    return user;
}

ApiKey read_key(const pqxx::row& row)
{
    ApiKey key;
    key.id = id_of<ApiKeyId>(row["key_id"]);
    key.user_id = id_of<UserId>(row["user_id"]);
    key.name = text_of(row["name"]);
    key.hint = text_of(row["hint"]);
    key.scopes = scopes_of(row["scopes"]);
    key.networks = networks_of(row["networks"]);
    key.groups = groups_of(row["management_group_ids"]);
    key.created_at = time_of(row["created_at"]);
    key.created_by = text_of(row["created_by"]);
    key.expires_at = optional_time_of(row["expires_at"]);
    key.last_used = optional_time_of(row["used_at"]);
    return key;
}

class PgUserStore final : public ports::UserStore {
public:
    PgUserStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<User>> page(std::optional<UserId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<User>> {
            std::vector<User> users;
            for (const auto& row : query(tx_, kUsers, tenant_, after, nullptr, limit)) users.push_back(read_user(row));
            return users;
        });
    }

    Result<User> find(UserId id) override
    {
        return translated([&]() -> Result<User> {
            const auto rows = query(tx_, kUsers, tenant_, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such user");
            return read_user(rows.front());
        });
    }

    Result<std::optional<User>> find_by_email(const std::string& email) override
    {
        return translated([&]() -> Result<std::optional<User>> {
            const auto ids = query(tx_, kByEmail, tenant_, email);
            if (ids.empty()) return std::optional<User>();
            const auto rows = query(tx_, kUsers, tenant_, nullptr, id_of<UserId>(ids[0][0]), 1);
            return rows.empty() ? std::optional<User>() : std::optional(read_user(rows.front()));
        });
    }

    Result<ports::OtherAdmins> other_admins(UserId besides) override
    {
        return translated([&]() -> Result<ports::OtherAdmins> {
            const auto found = query(tx_, kOtherAdmins, tenant_, besides);
            return ports::OtherAdmins{.all = found[0]["others"].as<std::size_t>(),
                                      .who_get_in = found[0]["others_who_get_in"].as<std::size_t>(),
                                      .the_one_gets_in = found[0]["the_one_gets_in"].as<bool>()};
        });
    }

    Result<Done> insert(const User& user) override
    {
        return unless_taken("users_one_per_email", taken(user), [&] {
            query(tx_, kInsertUser, tenant_, user.id, user.email, user.name, stored_role(user), audits(user),
                  state_of(user), user.version, user.created_at, user.updated_at, user.invited, user.mfa_required,
                  to_string(user.locale), narrowed_to(user.groups));
        });
    }

    Result<Done> update(const User& user) override
    {
        return unless_taken("users_one_per_email", taken(user), [&] {
            query(tx_, kUpdateUser, tenant_, user.id, user.email, user.name, stored_role(user), audits(user),
                  state_of(user), user.version, user.updated_at, user.invited, user.deleted_at, user.mfa_required,
                  to_string(user.locale), narrowed_to(user.groups));
        });
    }

    Result<std::vector<ApiKey>> page_keys(std::optional<UserId> user, std::optional<ApiKeyId> after,
                                          std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<ApiKey>> {
            std::vector<ApiKey> keys;
            for (const auto& row : query(tx_, kKeys, tenant_, user, after, nullptr, limit)) {
                keys.push_back(read_key(row));
            }
            return keys;
        });
    }

    Result<ApiKey> find_key(ApiKeyId id) override
    {
        return translated([&]() -> Result<ApiKey> {
            const auto rows = query(tx_, kKeys, tenant_, nullptr, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such key");
            return read_key(rows.front());
        });
    }

    Result<std::size_t> count_keys(UserId user) override
    {
        return counted([&] {
            return query(tx_,
                         "select count(*) from api_keys where tenant_id = $1 and user_id = $2 and revoked_at is null"
                         " and (expires_at is null or expires_at > now())",
                         tenant_, user);
        });
    }

    Result<Done> add_key(const ApiKey& key, const std::string& secret_hash) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_,
                  "insert into api_keys (tenant_id, key_id, user_id, name, secret_hash, hint, created_at, expires_at,"
                  " scopes, networks, created_by, management_group_ids) values ($1, $2, $3, $4, $5, $6, $7, $8, "
                  "$9::text[],"
                  " $10::cidr[], nullif($11, ''), $12::uuid[])",
                  tenant_, key.id, key.user_id, key.name, Bytes{secret_hash}, key.hint, key.created_at, key.expires_at,
                  scopes_literal(key.scopes), networks_literal(key.networks), key.created_by, narrowed_to(key.groups));
            query(tx_, kForgetKeys, tenant_, key.user_id, kDeadKeysKept);
            return Done{};
        });
    }

    Result<Done> revoke_key(ApiKeyId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_,
                  "update api_keys set revoked_at = now()"
                  " where tenant_id = $1 and key_id = $2 and revoked_at is null",
                  tenant_, id);
            return Done{};
        });
    }

    Result<Done> revoke_keys(UserId user) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_,
                  "update api_keys set revoked_at = now()"
                  " where tenant_id = $1 and user_id = $2 and revoked_at is null",
                  tenant_, user);
            return Done{};
        });
    }

private:
    static const char* state_of(const User& user) { return user.active ? "active" : "disabled"; }

    static std::string taken(const User& user) { return "another user already has the address " + user.email; }

    template <typename Query>
    static Result<std::size_t> counted(Query query_rows)
    {
        return translated([&]() -> Result<std::size_t> { return query_rows().front()[0].template as<std::size_t>(); });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::UserStore> make_user_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgUserStore>(tx, tenant);
}

}  // namespace winnow::pg
