#include "integration/config/tenants.hpp"

#include "api/rest/problem.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/tenant_session.hpp"

#include <optional>
#include <stdexcept>

namespace winnow::test {
namespace {

using nlohmann::json;
using Parameters = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> segments(std::string_view path)
{
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        parts.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

std::optional<Parameters> match(std::string_view pattern, std::string_view path)
{
    const auto wanted = segments(pattern);
    const auto given = segments(path);
    if (wanted.size() != given.size()) return std::nullopt;
    Parameters parameters;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].starts_with('{')) {
            parameters.emplace_back(wanted[i].substr(1, wanted[i].size() - 2), given[i]);
        } else if (wanted[i] != given[i]) {
            return std::nullopt;
        }
    }
    return parameters;
}

/// Literal segments win over parameters, as in the router.
const api::Route* route_of(std::string_view method, std::string_view path, Parameters& parameters)
{
    const api::Route* best = nullptr;
    for (const auto& route : config_routes()) {
        auto found = match(route.pattern, path);
        if (route.method != method || !found || (best != nullptr && found->size() >= parameters.size())) continue;
        best = &route;
        parameters = *std::move(found);
    }
    return best;
}

}  // namespace

std::string Answered::header(std::string_view name) const
{
    for (const auto& header : headers) {
        if (header.name == name) return header.value;
    }
    return "";
}

std::vector<std::string> Answered::errors() const
{
    std::vector<std::string> out;
    for (const auto& error : body.value("errors", json::array())) {
        out.push_back(error["pointer"].get<std::string>() + ": " + error["detail"].get<std::string>());
    }
    return out;
}

std::vector<std::string> Answered::pointers() const
{
    std::vector<std::string> out;
    for (const auto& error : body.value("errors", json::array())) out.push_back(error["pointer"]);
    return out;
}

const std::vector<api::Route>& config_routes()
{
    static const auto kRoutes = [] {
        std::vector<api::Route> all;
        for (auto* const table :
             {api::rule_routes, api::backtest_routes, api::contact_routes, api::contact_group_routes,
              api::integration_routes, api::settings_routes, api::silence_routes, api::inhibition_routes,
              api::maintenance_routes, api::user_routes, api::noise_routes, api::suggestion_routes}) {
            for (auto& route : table()) all.push_back(std::move(route));
        }
        return all;
    }();
    return kRoutes;
}

Tenants::Tenants() : session_(pg::PgOptions{.conninfo = database_.api})
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

std::string Tenants::sql(const std::string& statement)
{
    const auto rows = pqxx::nontransaction(superuser_).exec(statement);
    if (rows.empty() || rows.front()[0].is_null()) return "";
    return rows.front()[0].as<std::string>();
}

Answered Tenants::call(std::string_view method, const std::string& target, const json& body,
                       const std::vector<http::Header>& headers)
{
    http::Request request;
    request.head.method = std::string(method);
    const auto mark = target.find('?');
    request.head.path = "/api/v1" + target.substr(0, mark);
    if (mark != std::string::npos) request.head.query = target.substr(mark + 1);
    request.head.headers = headers;
    if (!body.is_null()) {
        request.body = body.dump();
        request.head.headers.push_back({"Content-Type", "application/json"});
    }
    api::Services services;
    services.clock = [this] {
        return now_;
    };
    services.new_id = [this] {
        return Uuid::v7(1'795'413'600'000, 0, ++ids_made_);
    };
    services.sealer = &sealer_;
    services.contact_types = contact_types_;
    services.tenant_limits = limits_;

    Parameters parameters;
    const auto* route = route_of(method, request.head.path, parameters);
    if (route == nullptr) throw std::runtime_error("no route for " + std::string(method) + ' ' + target);
    const api::Call call{request, who_, std::move(parameters), now_, services};
    const auto transaction =
        proofs_.begin(session_, who_.tenant, {.reads_only = api::only_reads(*route, request.head)}).value();
    pg::PgTenantSession nouns(transaction->tx(), who_.tenant);
    auto result = route->handler(call, nouns);
    if (result) transaction->commit();
    auto made = api::made_of(std::move(result), call);
    const auto response = made ? std::move(*made) : api::problem(made.error());
    Answered answered{
        .status = response.status, .body = {}, .text = std::string(response.body.text()), .headers = response.headers};
    if (!answered.text.empty()) answered.body = json::parse(answered.text);
    return answered;
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
