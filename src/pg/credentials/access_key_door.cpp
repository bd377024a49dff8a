#include "winnow/pg/access_key_door.hpp"

#include "pg/credentials/key_limits.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/tenant_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/database_threads.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/ports/access/access_key_store.hpp"

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
using ports::AccessKeyId;
using ports::Credential;

constexpr auto kFind = R"sql(
select c.tenant_id, service_code, suspended, rates, key_id, sealed_secret, integration_id, integration_name, user_id,
       user_name, email, role, array_to_string(networks, ' ') as networks,
       floor(extract(epoch from expires_at - clock_timestamp()) * 1000)::int8 as lives_for_ms,
       array_to_string(places_of_users, ' ') as places_of_users,
       array_to_string(places_of_admins, ' ') as places_of_admins,
       array_to_string(places_of_keys, ' ') as places_of_keys, g.of_user
  from find_access_key($1) c left join find_access_key_groups($1) g on true
)sql";

Principal read_principal(const pqxx::row& row)
{
    Principal who;
    who.kind = CredentialKind::access_key;
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
    if (const auto integration = optional_id_of<IntegrationId>(row["integration_id"])) {
        who.integration = *integration;
        who.integration_name = text_of(row["integration_name"]);
        return who;
    }
    const auto role = access::parse_role(row["role"].c_str());
    if (!role) throw std::runtime_error("a user's role is unknown to this program");
    who.user = id_of<UserId>(row["user_id"]);
    who.user_name = text_of(row["user_name"]);
    who.email = text_of(row["email"]);
    who.role = *role;
    who.groups = groups_of(row["of_user"]);
    return who;
}

/// Overwritten when nobody holds it any more.
std::shared_ptr<const std::string> held(std::string secret)
{
    return {new std::string(std::move(secret)), [](std::string* text) {
                crypto::cleanse(*text);
                delete text;
            }};
}

Result<std::optional<Credential>> find_in(Session& session, const std::string& access_key, ports::Sealing& sealing)
{
    return translated([&]() -> Result<std::optional<Credential>> {
        pqxx::nontransaction tx(session.connection());
        const auto rows = query(tx, kFind, access_key);
        if (rows.empty()) return std::optional<Credential>();
        const auto row = rows.front();
        Credential found{.principal = read_principal(row),
                         .lives_for = std::chrono::milliseconds(row["lives_for_ms"].as<std::int64_t>())};
        auto& who = found.principal;
        const auto place = ports::access_key_place(who.tenant, AccessKeyId(who.key));
        auto secret = sealing.open(place, bytes_of(row["sealed_secret"]));
        if (!secret) return secret.error();
        who.signing_secret = held(*std::move(secret));
        return std::optional(std::move(found));
    });
}

class PgAccessKeyDoor final : public ports::AccessKeyDoor {
public:
    PgAccessKeyDoor(const PgOptions& options, ports::Sealing& sealing)
        : sealing_(sealing), threads_(options, DatabaseThreads::one_line(options, "access-keys"))
    {
    }

    void find(std::string access_key, std::move_only_function<void(Result<std::optional<Credential>>)> done) override
    {
        // Shared between the two ways out, of which exactly one is taken.
        auto answer = std::make_shared<decltype(done)>(std::move(done));
        auto work = [this, access_key = std::move(access_key), answer](Session& session) {
            (*answer)(find_in(session, access_key, sealing_));
        };
        threads_.submit(TenantId(), {.work = std::move(work),
                                     .failed = [answer](Error error) { (*answer)(std::move(error)); },
                                     .given_up = {}});
    }

    bool healthy() const override { return threads_.healthy(); }

private:
    ports::Sealing& sealing_;
    DatabaseThreads threads_;  // ends before what it uses
};

}  // namespace

std::unique_ptr<ports::AccessKeyDoor> make_access_key_door(const PgOptions& options, ports::Sealing& sealing)
{
    return std::make_unique<PgAccessKeyDoor>(options, sealing);
}

}  // namespace winnow::pg
