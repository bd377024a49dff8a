/// @file
/// winnow support-grant: leave for the provider's staff to read what a tenant has, from both sides.

#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tenants/tenant_kind.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kGrant{.noun = "support grant", .path = "/api/v1/support-grants", .lists = "winnow support-grant list"};
const Kind kTenantsGrant{
    .noun = "support grant", .path = "/admin/v1/support-grants", .lists = "winnow support-grant list --provider"};
constexpr auto kSomeId = "01a209cd-e1d0-7000-8000-000000000001";

struct Arguments {
    Connection connection;
    std::string id, tenant, reason, path;
    std::vector<std::string> scopes;
    std::int64_t minutes = 60;
    bool provider = false;

    [[nodiscard]] const Kind& kind() const { return provider ? kTenantsGrant : kGrant; }
    void complete_connection() { complete(connection, provider ? As::provider : As::admin); }
};
using Shared = std::shared_ptr<Arguments>;

std::string text_of(const json& value, const std::string& otherwise)
{
    return value.is_null() ? otherwise : value.get<std::string>();
}

int list(Arguments& arguments)
{
    arguments.complete_connection();
    const auto page = call_or_fail(arguments.connection, {.path = arguments.kind().path + "?limit=500"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    std::vector<std::string> columns{"ID", "STATE", "ENDS", "REASON"};
    if (arguments.provider) columns.insert(columns.begin() + 1, "TENANT");
    Table table(columns);
    for (const auto& each : page.at("items")) {
        std::vector<std::string> row{each.at("id"), each.at("state"), text_of(each.at("ends_at"), "-"),
                                     each.at("reason")};
        if (arguments.provider) row.insert(row.begin() + 1, each.at("service_code").get<std::string>());
        table.add(row);
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

void print(const Arguments& arguments, const json& grant)
{
    if (arguments.connection.json) {
        std::cout << json_text(grant) << '\n';
        return;
    }
    std::cout << grant.at("id").get<std::string>() << " is " << grant.at("state").get<std::string>();
    if (grant.at("state") == "active") std::cout << " until " << grant.at("ends_at").get<std::string>();
    std::cout << '\n';
}

int show(Arguments& arguments)
{
    arguments.complete_connection();
    const auto& kind = arguments.kind();
    const auto id = find_id(arguments.connection, kind, arguments.id);
    const auto grant =
        call_or_fail(arguments.connection, {.path = kind.path + '/' + id, .missing = no_such(kind, arguments.id)})
            .json();
    print(arguments, grant);
    if (arguments.connection.json) return 0;
    std::string scopes;
    for (const auto& scope : grant.at("scopes")) scopes += (scopes.empty() ? "" : ", ") + scope.get<std::string>();
    std::cout << "reason: " << for_terminal(grant.at("reason").get<std::string>()) << "\nreads: " << scopes
              << "\nasked by: " << grant.at("asked_by").get<std::string>() << ", "
              << grant.at("asked_at").get<std::string>()
              << "\napproved by: " << text_of(grant.at("approved_by"), "nobody")
              << "\nended by: " << text_of(grant.at("ended_by"), "nobody") << '\n';
    return 0;
}

int end(Arguments& arguments)
{
    arguments.complete_connection();
    const auto& kind = arguments.kind();
    const auto id = find_id(arguments.connection, kind, arguments.id);
    const auto at = kind.path + '/' + id;
    const auto missing = no_such(kind, arguments.id);
    if (arguments.provider) {
        print(arguments,
              call_or_fail(arguments.connection, {.method = "POST", .path = at + "/end", .missing = missing}).json());
        return 0;
    }
    static_cast<void>(call_or_fail(arguments.connection, {.method = "DELETE", .path = at, .missing = missing}));
    print(arguments, call_or_fail(arguments.connection, {.path = at}).json());
    return 0;
}

int ask(Arguments& arguments)
{
    complete(arguments.connection, As::provider);
    json body{{"tenant_id", find_id(arguments.connection, kTenantKind, arguments.tenant)},
              {"reason", arguments.reason},
              {"minutes", arguments.minutes}};
    if (!arguments.scopes.empty()) body["scopes"] = arguments.scopes;
    print(arguments, call_or_fail(arguments.connection, {.method = "POST",
                                                         .path = kTenantsGrant.path,
                                                         .body = body.dump(),
                                                         .typed = {{"/tenant_id", "TENANT"},
                                                                   {"/reason", "--reason"},
                                                                   {"/minutes", "--minutes"},
                                                                   {"/scopes", "--scope"}}})
                         .json());
    return 0;
}

int approve(Arguments& arguments)
{
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kTenantsGrant, arguments.id);
    print(arguments, call_or_fail(arguments.connection, {.method = "POST",
                                                         .path = kTenantsGrant.path + '/' + id + "/approve",
                                                         .missing = no_such(kTenantsGrant, arguments.id)})
                         .json());
    return 0;
}

int read(Arguments& arguments)
{
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kTenantsGrant, arguments.id);
    const auto path = arguments.path.starts_with('/') ? arguments.path : '/' + arguments.path;
    std::cout << json_text(call_or_fail(arguments.connection, {.path = "/admin/v1/support/" + id + path}).json())
              << '\n';
    return 0;
}

/// With what all have; the caller adds its own.
std::pair<Syntax*, Shared> add(Syntax& group, Command& chosen, const std::string& name, const std::string& description,
                               int (*run)(Arguments&))
{
    auto* command = group.add_subcommand(name, description);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
    return {command, arguments};
}

void add_provider(Syntax& command, Arguments& arguments)
{
    command.add_flag("--provider", arguments.provider, "The provider's side (management listener)");
}

/// What the staff do, each with the token of a session of their own as key.
void add_of_staff(Syntax& group, Command& chosen)
{
    const auto [asks, asked] = add(group, chosen, "ask", "The provider's staff: ask to read what a tenant has", ask);
    asks->add_option("TENANT", asked->tenant, "Its service code, or its id")->required();
    asks->add_option("--reason", asked->reason, "20 to 500 characters, which the tenant reads")->required();
    asks->add_option("--minutes", asked->minutes, "For how long, once it is approved")
        ->range(1, 60)
        ->capture_default_str();
    asks->add_option("--scope", asked->scopes,
                     "What is read: tickets:read; may be repeated; without any, all there is");
    asks->footer("Example:\n  winnow support-grant ask acme1 --reason 'Mails of ticket 7 are late' --minutes 30");
    const auto [approves, approved] =
        add(group, chosen, "approve", "The provider's staff: approve what another asked", approve);
    approves->add_option("ID", approved->id, "The grant's id")->required();
    approves->footer(std::string("Example:\n  winnow support-grant approve ") + kSomeId);
    const auto [reads, reading] =
        add(group, chosen, "read", "The provider's staff: read by a grant of one's own", read);
    reads->add_option("ID", reading->id, "The grant's id")->required();
    reads->add_option("PATH", reading->path, "What follows /api/v1, with its query: tickets?state=open")->required();
    reads->footer(std::string("Example:\n  winnow support-grant read ") + kSomeId + " tickets");
}

}  // namespace

void add_support_grant_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("support-grant", "What the provider's staff may read, and until when");
    group->require_subcommand();
    const auto [lists, listed] = add(*group, chosen, "list", "List support grants", list);
    add_provider(*lists, *listed);
    lists->footer("Example:\n  winnow support-grant list");
    const auto [shows, shown] = add(*group, chosen, "show", "Show a support grant", show);
    add_provider(*shows, *shown);
    shows->add_option("ID", shown->id, "The grant's id")->required();
    shows->footer(std::string("Example:\n  winnow support-grant show ") + kSomeId);
    const auto [ends, ended] = add(*group, chosen, "end", "End a support grant at once, or refuse it", end);
    add_provider(*ends, *ended);
    ends->add_option("ID", ended->id, "The grant's id")->required();
    ends->footer(std::string("Example:\n  winnow support-grant end ") + kSomeId);
    add_of_staff(*group, chosen);
}

}  // namespace winnow::cli
