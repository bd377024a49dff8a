#include "winnow/ports/access/directory_store.hpp"

#include "pg/credentials/dead_keys.hpp"
#include "pg/credentials/key_limits.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"

#include <memory>
#include <stdexcept>

namespace winnow::pg {
namespace {

using ports::DirectoryFilter;
using ports::DirectoryUser;
using ports::ScimToken;
using ports::ScimTokenId;

constexpr auto kTokens = R"sql(
select token_id, name, hint, role, array_to_string(networks, ' ') as networks, created_at, created_by, expires_at
  from scim_tokens
 where tenant_id = $1 and revoked_at is null and expires_at > now()
   and ($2::uuid is null or token_id > $2::uuid) and ($3::uuid is null or token_id = $3::uuid)
 order by token_id limit $4)sql";

constexpr auto kAddToken = R"sql(
insert into scim_tokens (tenant_id, token_id, name, secret_hash, hint, role, networks, created_at, created_by,
                         expires_at)
values ($1, $2, $3, $4, $5, $6, $7::cidr[], $8, $9, $10))sql";

// As many at once as one request may take, where more have gathered.
constexpr auto kForgetTokens = R"sql(
delete from scim_tokens
 where tenant_id = $1
   and token_id = any(array(select token_id from scim_tokens
                             where tenant_id = $1 and least(revoked_at, expires_at) <= now()
                             order by least(revoked_at, expires_at) desc, token_id desc offset $2 limit 1000)))sql";

constexpr auto kUsers = R"sql(
select d.user_id, d.user_name, d.external_id, d.removed_at is not null as removed
  from scim_users d
  join users u on u.tenant_id = d.tenant_id and u.user_id = d.user_id and u.deleted_at is null
 where d.tenant_id = $1 and d.removed_at is null
   and ($2::text is null or lower(d.user_name) = lower($2::text)) and ($3::text is null or d.external_id = $3::text)
 order by d.user_id offset $4 limit $5)sql";

constexpr auto kCount = R"sql(
select count(*)
  from scim_users d
  join users u on u.tenant_id = d.tenant_id and u.user_id = d.user_id and u.deleted_at is null
 where d.tenant_id = $1 and d.removed_at is null
   and ($2::text is null or lower(d.user_name) = lower($2::text))
   and ($3::text is null or d.external_id = $3::text))sql";

constexpr auto kUser = R"sql(
select user_id, user_name, external_id, removed_at is not null as removed
  from scim_users where tenant_id = $1 and user_id = $2)sql";

constexpr auto kPut = R"sql(
insert into scim_users (tenant_id, user_id, user_name, external_id, removed_at)
values ($1, $2, $3, $4, case when $5 then now() end)
on conflict (tenant_id, user_id) do update
   set user_name = excluded.user_name, external_id = excluded.external_id, removed_at = excluded.removed_at)sql";

ScimToken read_token(const pqxx::row& row)
{
    const auto role = access::parse_role(row["role"].c_str());
    if (!role) throw std::runtime_error("a row of scim_tokens cannot be read");
    ScimToken token;
    token.id = id_of<ScimTokenId>(row["token_id"]);
    token.name = text_of(row["name"]);
    token.hint = text_of(row["hint"]);
    token.role = *role;
    token.networks = networks_of(row["networks"]);
    token.created_at = time_of(row["created_at"]);
    token.created_by = text_of(row["created_by"]);
    token.expires_at = time_of(row["expires_at"]);
    return token;
}

DirectoryUser read_user(const pqxx::row& row)
{
    return {.id = id_of<UserId>(row["user_id"]),
            .user_name = text_of(row["user_name"]),
            .external_id = text_of(row["external_id"]),
            .removed = row["removed"].as<bool>()};
}

class PgDirectoryStore final : public ports::DirectoryStore {
public:
    PgDirectoryStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<ScimToken>> page_tokens(std::optional<ScimTokenId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<ScimToken>> {
            std::vector<ScimToken> tokens;
            for (const auto& row : query(tx_, kTokens, tenant_, after, nullptr, limit)) {
                tokens.push_back(read_token(row));
            }
            return tokens;
        });
    }

    Result<ScimToken> find_token(ScimTokenId id) override
    {
        return translated([&]() -> Result<ScimToken> {
            const auto rows = query(tx_, kTokens, tenant_, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such token");
            return read_token(rows.front());
        });
    }

    Result<std::size_t> count_tokens() override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_,
                         "select count(*) from scim_tokens where tenant_id = $1 and revoked_at is null"
                         " and expires_at > now()",
                         tenant_)
                .front()[0]
                .as<std::size_t>();
        });
    }

    Result<Done> add_token(const ScimToken& token, const std::string& secret_hash) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kAddToken, tenant_, token.id, token.name, Bytes{secret_hash}, token.hint, to_string(token.role),
                  networks_literal(token.networks), token.created_at, token.created_by, token.expires_at);
            query(tx_, kForgetTokens, tenant_, kDeadKeysKept);
            return Done{};
        });
    }

    Result<Done> revoke_token(ScimTokenId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_,
                  "update scim_tokens set revoked_at = now()"
                  " where tenant_id = $1 and token_id = $2 and revoked_at is null",
                  tenant_, id);
            return Done{};
        });
    }

    Result<std::vector<DirectoryUser>> page(const DirectoryFilter& filter, std::size_t skip, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<DirectoryUser>> {
            std::vector<DirectoryUser> users;
            for (const auto& row : query(tx_, kUsers, tenant_, filter.user_name, filter.external_id, skip, limit)) {
                users.push_back(read_user(row));
            }
            return users;
        });
    }

    Result<std::size_t> count(const DirectoryFilter& filter) override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_, kCount, tenant_, filter.user_name, filter.external_id).front()[0].as<std::size_t>();
        });
    }

    Result<std::optional<DirectoryUser>> find(UserId id) override
    {
        return translated([&]() -> Result<std::optional<DirectoryUser>> {
            const auto rows = query(tx_, kUser, tenant_, id);
            return rows.empty() ? std::optional<DirectoryUser>() : std::optional(read_user(rows.front()));
        });
    }

    Result<Done> put(const DirectoryUser& user) override
    {
        return unless_taken("scim_users_one_per_name", "another user already has the userName " + user.user_name, [&] {
            query(tx_, kPut, tenant_, user.id, user.user_name, user.external_id, user.removed);
        });
    }

    Result<Done> forget(UserId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from scim_users where tenant_id = $1 and user_id = $2", tenant_, id);
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::DirectoryStore> make_directory_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgDirectoryStore>(tx, tenant);
}

}  // namespace winnow::pg
