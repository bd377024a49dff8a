#include "winnow/pg/credential_store.hpp"

#include "pg/credentials/key_limits.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/tenant_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/database_threads.hpp"
#include "pg/session/sql_errors.hpp"

#include <pqxx/nontransaction>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using access::CredentialKind;
using access::Principal;
using ports::Credential;

constexpr auto kFind = R"sql(
select c.kind, c.tenant_id, c.service_code, c.suspended, c.rates, c.key_id, c.subject_id, c.subject_name, c.email,
       c.role, array_to_string(c.scopes, ' ') as scopes, array_to_string(c.networks, ' ') as networks,
       floor(extract(epoch from c.expires_at - clock_timestamp()) * 1000)::int8 as lives_for_ms,
       array_to_string(n.users, ' ') as places_of_users, array_to_string(n.admins, ' ') as places_of_admins,
       array_to_string(n.keys, ' ') as places_of_keys, g.of_user, g.of_key
  from find_caller($1) c left join find_source_networks($1) n on true left join find_caller_groups($1) g on true
)sql";

// Of a directory's token, which find_caller() does not know.
constexpr auto kFindToken = R"sql(
select 'directory' as kind, tenant_id, service_code, suspended, rates, key_id, role,
       array_to_string(networks, ' ') as networks,
       floor(extract(epoch from expires_at - clock_timestamp()) * 1000)::int8 as lives_for_ms,
       array_to_string(places_of_users, ' ') as places_of_users,
       array_to_string(places_of_admins, ' ') as places_of_admins,
       array_to_string(places_of_keys, ' ') as places_of_keys
  from find_scim_token($1)
)sql";

Principal read_principal(const pqxx::row& row)
{
    Principal who;
    who.tenant = id_of<TenantId>(row["tenant_id"]);
    who.service_code = text_of(row["service_code"]);
    who.tenant_suspended = row["suspended"].as<bool>();
    if (const auto own = read_rates(row["rates"].c_str()); !own.empty()) {
        who.rates = std::make_shared<const domain::RateOverrides>(own);
    }
    who.key = uuid_of(row["key_id"]);
    if (auto networks = networks_of(row["networks"])) {
        who.networks = std::make_shared<const std::vector<Network>>(*std::move(networks));
    }
    if (!row["places_of_users"].is_null()) {
        who.places = std::make_shared<const access::SourceNetworks>(
            places_of(row["places_of_users"], row["places_of_admins"], row["places_of_keys"]));
    }
    if (text_of(row["kind"]) == "integration") {
        who.kind = CredentialKind::integration_key;
        who.integration = id_of<IntegrationId>(row["subject_id"]);
        who.integration_name = text_of(row["subject_name"]);
        return who;
    }
    const auto role = access::parse_role(row["role"].c_str());
    if (!role) throw std::runtime_error("a user's role is unknown to this program");
    who.role = *role;
    if (text_of(row["kind"]) == "directory") {
        who.kind = CredentialKind::directory;
        return who;
    }
    who.kind = CredentialKind::user_key;
    who.user = id_of<UserId>(row["subject_id"]);
    who.user_name = text_of(row["subject_name"]);
    who.email = text_of(row["email"]);
    who.groups = access::both_of(groups_of(row["of_user"]), groups_of(row["of_key"]));
    if (const auto scopes = scopes_of(row["scopes"])) who.scopes = access::with_profile(*scopes);
    return who;
}

Result<std::optional<Credential>> find_in(Session& session, const std::string& hash)
{
    return translated([&]() -> Result<std::optional<Credential>> {
        pqxx::nontransaction tx(session.connection());
        auto rows = query(tx, kFind, Bytes{hash});
        if (rows.empty()) rows = query(tx, kFindToken, Bytes{hash});
        if (rows.empty()) return std::optional<Credential>();
        Credential found{.principal = read_principal(rows.front()), .lives_for = std::nullopt};
        const auto left = rows.front()["lives_for_ms"];
        if (!left.is_null()) found.lives_for = std::chrono::milliseconds(left.as<std::int64_t>());
        return std::optional(std::move(found));
    });
}

class PgCredentialStore final : public ports::CredentialStore {
public:
    explicit PgCredentialStore(const PgOptions& options) : threads_(options, DatabaseThreads::one_line(options, "keys"))
    {
    }

    void find(std::string hash, std::move_only_function<void(Result<std::optional<Credential>>)> done) override
    {
        // Shared between the two ways out, of which exactly one is taken.
        auto answer = std::make_shared<decltype(done)>(std::move(done));
        threads_.submit(TenantId(), {.work = [hash = std::move(hash),
                                              answer](Session& session) { (*answer)(find_in(session, hash)); },
                                     .failed = [answer](Error error) { (*answer)(std::move(error)); },
                                     .given_up = {}});
    }

    bool healthy() const override { return threads_.healthy(); }

private:
    DatabaseThreads threads_;
};

}  // namespace

std::unique_ptr<ports::CredentialStore> make_credential_store(const PgOptions& options)
{
    return std::make_unique<PgCredentialStore>(options);
}

}  // namespace winnow::pg
