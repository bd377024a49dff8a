#include "winnow/pg/sign_in_door.hpp"

#include "pg/credentials/key_limits.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/tenant_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/database_threads.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/signin/session_rows.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using access::CredentialKind;
using ports::FoundSession;
using ports::ProviderAtDoor;
using ports::TenantAtDoor;
using std::chrono::milliseconds;

constexpr auto kPlaces = R"sql(
select array_to_string(users, ' '), array_to_string(admins, ' '), array_to_string(keys, ' ') from find_session_networks($1)
)sql";

constexpr auto kGroups = "select of_user from find_session_groups($1)";

Result<std::optional<TenantAtDoor>> tenant_in(Session& session, const std::string& service_code)
{
    return translated([&]() -> Result<std::optional<TenantAtDoor>> {
        pqxx::nontransaction tx(session.connection());
        const auto rows = query(tx, "select tenant_id, name, suspended, closing from tenant_of_code($1)", service_code);
        if (rows.empty()) return std::optional<TenantAtDoor>();
        const auto row = rows.front();
        return std::optional(TenantAtDoor{.id = id_of<TenantId>(row[0]),
                                          .name = text_of(row[1]),
                                          .suspended = row[2].as<bool>(),
                                          .closing = row[3].as<bool>()});
    });
}

access::Principal read_principal(const pqxx::row& row)
{
    const auto role = access::parse_role(row["role"].c_str());
    if (!role) throw std::runtime_error("a user's role is unknown to this program");
    access::Principal who;
    who.kind = CredentialKind::session;
    who.tenant = id_of<TenantId>(row["tenant_id"]);
    who.service_code = text_of(row["service_code"]);
    who.tenant_suspended = row["suspended"].as<bool>();
    if (const auto own = read_rates(row["rates"].c_str()); !own.empty()) {
        who.rates = std::make_shared<const domain::RateOverrides>(own);
    }
    who.user = id_of<UserId>(row["user_id"]);
    who.user_name = text_of(row["user_name"]);
    who.email = text_of(row["email"]);
    who.role = *role;
    who.session = id_of<SessionId>(row["session_id"]);
    who.authenticated_at = time_of(row["authenticated_at"]);
    const auto amr = words_of(row["amr"]);
    who.second_factor = std::ranges::find(amr, "mfa") != amr.end();
    who.by_provider = !amr.empty() && amr.front() == "oidc";
    return who;
}

/// nullopt: its time is over.
std::optional<FoundSession> read_session(const pqxx::row& row)
{
    const auto state = signin::parse_sign_in_state(row["state"].c_str());
    if (!state) throw std::runtime_error("a session's state is unknown to this program");
    FoundSession found{.principal = read_principal(row), .state = *state};
    signin::SessionPolicy policy{.idle = milliseconds(row["session_idle_ms"].as<std::int64_t>())};
    const auto viewers = row["session_idle_viewer_ms"];
    if (!viewers.is_null()) policy.viewer_idle = milliseconds(viewers.as<std::int64_t>());
    const auto terms = signin::terms_of(policy, found.principal.role);
    // What is stored is the minute in which it was used, and it is stored within a minute: nobody loses a session that
    // was used in time, and none waits for more than two minutes longer than it may.
    const signin::SessionTimes times{.created_at = time_of(row["created_at"]),
                                     .last_seen_at = time_of(row["last_seen_at"]) + 2 * signin::kSeenEvery,
                                     .expires_at = time_of(row["expires_at"])};
    const auto now = time_of(row["at"]);
    if (signin::ended_by_time(terms, times, now)) return std::nullopt;
    // Whoever asks for it uses it.
    auto used = times;
    used.last_seen_at = now;
    found.lives_for = signin::ends_at(terms, used) - now;
    return found;
}

Result<std::optional<FoundSession>> session_in(Session& session, const std::string& hash)
{
    return translated([&]() -> Result<std::optional<FoundSession>> {
        pqxx::nontransaction tx(session.connection());
        const auto rows = query(tx, "select * from find_session($1)", Bytes{hash});
        if (rows.empty()) return std::optional<FoundSession>();
        auto found = read_session(rows.front());
        // Read behind it: lists that came between the two are known already.
        const auto places = query(tx, kPlaces, Bytes{hash});
        if (found && !places.empty()) {
            const auto row = places.front();
            found->principal.places = std::make_shared<const access::SourceNetworks>(places_of(row[0], row[1], row[2]));
        }
        if (!found) return found;
        const auto groups = query(tx, kGroups, Bytes{hash});
        if (groups.empty()) return std::optional<FoundSession>();  // it ended meanwhile
        found->principal.groups = groups_of(groups[0][0]);
        return found;
    });
}

Result<std::optional<TenantId>> tenant_of(Session& session, const std::string& hash)
{
    return translated([&]() -> Result<std::optional<TenantId>> {
        pqxx::nontransaction tx(session.connection());
        return optional_id_of<TenantId>(query(tx, "select tenant_of_link($1)", Bytes{hash})[0][0]);
    });
}

Result<std::optional<TenantId>> tenant_with(Session& session, const std::string& provider_id)
{
    return translated([&]() -> Result<std::optional<TenantId>> {
        pqxx::nontransaction tx(session.connection());
        return optional_id_of<TenantId>(query(tx, "select tenant_of_oidc_provider($1)", provider_id)[0][0]);
    });
}

Result<std::optional<std::vector<ProviderAtDoor>>> providers_in(Session& session, const std::string& service_code)
{
    return translated([&]() -> Result<std::optional<std::vector<ProviderAtDoor>>> {
        pqxx::nontransaction tx(session.connection());
        std::vector<ProviderAtDoor> providers;
        for (const auto& row : query(tx, "select provider_id, name from oidc_providers_of_code($1)", service_code)) {
            providers.push_back({.id = id_of<OidcProviderId>(row[0]), .name = text_of(row[1])});
        }
        return std::optional(std::move(providers));
    });
}

class PgSignInDoor final : public ports::SignInDoor {
public:
    explicit PgSignInDoor(const PgOptions& options) : threads_(options, DatabaseThreads::one_line(options, "sign-in"))
    {
    }

    void tenant_of_code(std::string service_code, Sink<TenantAtDoor> done) override
    {
        ask(std::move(service_code), tenant_in, std::move(done));
    }

    void find_session(std::string token_hash, Sink<FoundSession> done) override
    {
        ask(std::move(token_hash), session_in, std::move(done));
    }

    void tenant_of_link(std::string token_hash, Sink<TenantId> done) override
    {
        ask(std::move(token_hash), tenant_of, std::move(done));
    }

    void tenant_of_provider(std::string provider_id, Sink<TenantId> done) override
    {
        ask(std::move(provider_id), tenant_with, std::move(done));
    }

    void providers_of_code(std::string service_code, Sink<std::vector<ProviderAtDoor>> done) override
    {
        ask(std::move(service_code), providers_in, std::move(done));
    }

    bool healthy() const override { return threads_.healthy(); }

private:
    template <typename Find, typename Done>
    void ask(std::string key, Find find, Done done)
    {
        // Shared between the two ways out, of which exactly one is taken.
        auto answer = std::make_shared<Done>(std::move(done));
        threads_.submit(TenantId(), {.work = [key = std::move(key), find,
                                              answer](Session& session) { (*answer)(find(session, key)); },
                                     .failed = [answer](Error error) { (*answer)(std::move(error)); },
                                     .given_up = {}});
    }

    DatabaseThreads threads_;
};

}  // namespace

std::unique_ptr<ports::SignInDoor> make_sign_in_door(const PgOptions& options)
{
    return std::make_unique<PgSignInDoor>(options);
}

}  // namespace winnow::pg
