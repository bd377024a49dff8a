#include "integration/api/tenants.hpp"

#include <chrono>
#include <set>
#include <utility>

namespace winnow::test {
namespace {

using nlohmann::json;

}  // namespace

const std::vector<api::Route>& config_routes()
{
    static const auto kRoutes = [] {
        std::set<std::string_view> others;
        for (auto* const table : {api::ticket_routes, api::alert_routes, api::explanation_routes, api::delivery_routes,
                                  api::scim_routes, api::uom_routes}) {
            for (const auto& route : table()) others.insert(route.operation_id);
        }
        std::vector<api::Route> all;
        for (const auto& entry : customer_router().routes()) {
            const bool is_other = entry.special != api::Special::none || others.contains(entry.route.operation_id);
            if (!is_other) all.push_back(entry.route);
        }
        return all;
    }();
    return kRoutes;
}

Tenants::Tenants()
{
    sql("insert into tenants (tenant_id, service_code, name) values ('" + ours_.str() + "', 'ours', 'Ours'), ('" +
        theirs_.str() + "', 'theirs', 'Theirs')");
    sql("insert into users (tenant_id, user_id, email, name, role) values ('" + ours_.str() + "', '" + admin_ +
        "', 'ann@example.org', 'Ann', 'admin'), ('" + ours_.str() + "', '" + viewer_ +
        "', 'vic@example.org', 'Vic', 'viewer'), ('" + theirs_.str() + "', '" + their_admin_ +
        "', 'ted@example.org', 'Ted', 'admin')");
    become(ours_, admin_, access::Role::admin);
}

void Tenants::become(TenantId tenant, const std::string& user, access::Role role)
{
    who_.kind = access::CredentialKind::user_key;
    who_.tenant = tenant;
    who_.service_code = tenant == ours_ ? "ours" : "theirs";
    who_.user = *UserId::parse(user);
    who_.role = role;
}

std::string Tenants::a_session(const std::string& user)
{
    return sql(
        "insert into sessions (tenant_id, session_id, user_id, token_hash, state, authenticated_at, created_at, "
        "last_seen_at, expires_at) values ('" +
        ours_.str() + "', gen_random_uuid(), '" + user +
        "', sha256(random()::text::bytea), 'active', now(), now(), now(), now() + interval '1 hour') "
        "returning session_id");
}

std::string Tenants::a_factor(const std::string& user)
{
    return sql("insert into user_factors (tenant_id, factor_id, user_id, kind, state, sealed) values ('" + ours_.str() +
               "', gen_random_uuid(), '" + user + "', 'totp', 'active', 's') returning factor_id");
}

std::string Tenants::an_announcement(const std::string& title)
{
    return sql(
        "with made as (insert into announcements (announcement_id, kind, title, body, for_all) values "
        "(gen_random_uuid(), 'change', '" +
        title +
        "', 'b', false) returning announcement_id), aimed as (insert into announcement_targets (tenant_id, "
        "announcement_id) select '" +
        ours_.str() + "', announcement_id from made) select announcement_id from made");
}

std::string Tenants::a_support_grant(const std::string& reason)
{
    return sql(
        "insert into support_grants (tenant_id, grant_id, asked_by, reason, scopes, minutes, state, lapses_at) values "
        "('" +
        ours_.str() + "', gen_random_uuid(), gen_random_uuid(), '" + reason +
        "', '{tickets:read}', 60, 'requested', now() + interval '1 day') returning grant_id");
}

Timestamp Tenants::system_time()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string Tenants::sql(const std::string& statement)
{
    const auto rows = pqxx::nontransaction(superuser_).exec(statement);
    if (rows.empty() || rows.front()[0].is_null()) return "";
    return rows.front()[0].as<std::string>();
}

Answered Tenants::call(std::string_view method, const std::string& target, const json& body,
                       const std::vector<http::Header>& headers)
{
    api::Services services;
    services.clock = [this] {
        return now_;
    };
    services.new_id = [this] {
        return Uuid::v7(1'795'413'600'000, 0, ++ids_made_);
    };
    services.sealing = &sealing_;
    services.contact_types = contact_types_;
    services.tenant_limits = limits_;

    // Made for each call: limits and types are the test's to change.
    RestCalls calls(*tenants_, std::move(services));
    return calls.call(who_, {.method = method, .target = target, .body = body, .headers = headers});
}

Answered Tenants::with_if_match(std::string_view method, const std::string& target, const json& body,
                                const std::string& etag)
{
    return call(method, target, body, {{"If-Match", etag}});
}

std::string Tenants::made(const std::string& collection, const json& body)
{
    const auto answered = post(collection, body);
    EXPECT_EQ(answered.status, 201) << collection << ": " << answered.text;
    return answered.id();
}

std::string Tenants::a_group(const std::string& name)
{
    return made("/contact-groups", {{"name", name}, {"contact_ids", json::array()}});
}

std::string costly_condition()
{
    std::string list = "[0";
    for (int i = 1; i < 50; ++i) list += "," + std::to_string(i);
    list += "]";
    return list + ".all(x, " + list + ".all(y, x >= 0))";
}

json a_rule(const std::string& name, const json& more)
{
    json rule{{"name", name}, {"condition", R"(env="prod")"}, {"actions", {{{"type", "suppress"}}}}};
    rule.update(more);
    return rule;
}

}  // namespace winnow::test
