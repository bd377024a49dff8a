#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tenants/tenant_kind.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <iostream>
#include <memory>
#include <stdexcept>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct CreateArguments {
    Connection connection;
    std::string name, service_code, email, admin_name, region;
};

/// Nobody else knows the key, and the provider cannot make another one.
void tell_if_lost(const json& tenant)
{
    std::cout.flush();
    if (std::cout) return;
    const auto id = tenant.at("id").get<std::string>();
    std::cerr << "winnow: tenant " << tenant.at("service_code").get<std::string>() << " (" << id
              << ") was made, but the key of its admin, which is shown once, is lost, so that nobody can work in it. "
                 "Suspend it (winnow tenant suspend "
              << id << "), and create another one with another service code\n";
}

int create(CreateArguments& arguments)
{
    complete(arguments.connection, As::provider);
    json body{{"name", arguments.name}, {"admin", {{"email", arguments.email}}}};
    if (!arguments.service_code.empty()) body["service_code"] = arguments.service_code;
    if (!arguments.admin_name.empty()) body["admin"]["name"] = arguments.admin_name;
    if (!arguments.region.empty()) body["data_region"] = arguments.region;
    const auto answer = call_or_fail(arguments.connection, {.method = "POST",
                                                            .path = "/admin/v1/tenants",
                                                            .body = body.dump(),
                                                            .typed = {{"/name", "NAME"},
                                                                      {"/service_code", "--service-code"},
                                                                      {"/admin/email", "--admin-email"},
                                                                      {"/admin/name", "--admin-name"},
                                                                      {"/data_region", "--data-region"}}})
                            .json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
        tell_if_lost(answer);
        return 0;
    }
    std::cout << "tenant " << answer.at("service_code").get<std::string>() << " (" << answer.at("id").get<std::string>()
              << ")\nkey of its admin, shown this once: " << answer.at("admin").at("key").get<std::string>() << '\n';
    tell_if_lost(answer);
    return 0;
}

struct InviteArguments {
    Connection connection;
    std::string tenant, email, name, locale, reason;
};

int invite(InviteArguments& arguments)
{
    complete(arguments.connection, As::provider);
    json body{{"email", arguments.email}};
    if (!arguments.name.empty()) body["name"] = arguments.name;
    if (!arguments.locale.empty()) body["locale"] = arguments.locale;
    if (!arguments.reason.empty()) body["reason"] = arguments.reason;
    const auto id = find_id(arguments.connection, kTenantKind, arguments.tenant);
    const auto answer =
        call_or_fail(
            arguments.connection,
            {.method = "POST",
             .path = kTenantKind.path + '/' + id + "/admins",
             .body = body.dump(),
             .typed = {{"/email", "ADDRESS"}, {"/name", "--name"}, {"/locale", "--language"}, {"/reason", "--reason"}},
             .missing = no_such(kTenantKind, arguments.tenant)})
            .json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        std::cout << for_terminal(arguments.email) << " is invited by mail as an admin of "
                  << for_terminal(arguments.tenant) << '\n';
    }
    return 0;
}

void add_invite(Syntax& group, Command& chosen)
{
    auto* command =
        group.add_subcommand("invite-admin", "Have an admin of a tenant sent a link to choose a password by");
    auto arguments = std::make_shared<InviteArguments>();
    arguments->connection.add_options(*command);
    command->add_option("TENANT", arguments->tenant, "The service code, or the id")->required();
    command->add_option("ADDRESS", arguments->email, "The admin's mail address")->required();
    command->add_option("--name", arguments->name, "The admin's name");
    command->add_option("--language", arguments->locale, "Of mails to the admin: en or ja")->one_of({"en", "ja"});
    command->add_option("--reason", arguments->reason, "Why, where the tenant has an admin who signs in");
    command->footer("Example:\n  winnow tenant invite-admin acme01 ops@acme.example --name Olga");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return invite(*arguments);
        };
    });
}

struct SuspendArguments {
    Connection connection;
    std::string tenant;
};

int set_suspended(SuspendArguments& arguments, bool suspended)
{
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kTenantKind, arguments.tenant);
    const auto answer =
        call_or_fail(arguments.connection, {.method = "POST",
                                            .path = kTenantKind.path + '/' + id + (suspended ? "/suspend" : "/resume"),
                                            .missing = no_such(kTenantKind, arguments.tenant)})
            .json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        std::cout << "tenant " << answer.at("service_code").get<std::string>() << " is "
                  << answer.at("state").get<std::string>() << '\n';
    }
    return 0;
}

void add_suspend(Syntax& group, Command& chosen, bool suspended)
{
    auto* command = suspended
                        ? group.add_subcommand("suspend", "Refuse a tenant's senders, and let its users read only")
                        : group.add_subcommand("resume", "Let a suspended tenant work again");
    auto arguments = std::make_shared<SuspendArguments>();
    arguments->connection.add_options(*command);
    command->add_option("TENANT", arguments->tenant, "The service code, or the id")->required();
    command->footer(suspended ? "Example:\n  winnow tenant suspend acme01" : "Example:\n  winnow tenant resume acme01");
    command->callback([&chosen, arguments, suspended] {
        chosen = [arguments, suspended] {
            return set_suspended(*arguments, suspended);
        };
    });
}

json all_tenants(const Connection& connection)
{
    auto all = json::array();
    std::string cursor;
    for (;;) {
        const auto page = call_or_fail(connection, {.path = "/admin/v1/tenants?limit=500" + cursor}).json();
        all.insert(all.end(), page.at("items").begin(), page.at("items").end());
        if (page.at("next_cursor").is_null()) return all;
        cursor = "&cursor=" + url_encode(page.at("next_cursor"));
    }
}

int list(Connection& connection)
{
    complete(connection, As::provider);
    const auto all = all_tenants(connection);
    if (connection.json) {
        std::cout << json_text(json{{"items", all}}) << '\n';
        return 0;
    }
    Table table({"SERVICE CODE", "STATE", "CREATED", "ID", "NAME"});
    for (const auto& tenant : all) {
        table.add({tenant.at("service_code"), tenant.at("state"), tenant.at("created_at"), tenant.at("id"),
                   tenant.at("name")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct ResetArguments {
    Connection connection;
    std::string tenant, reason;
};

int reset_networks(ResetArguments& arguments)
{
    complete(arguments.connection, As::provider);
    for (const auto& tenant : all_tenants(arguments.connection)) {
        if (tenant.at("service_code") != arguments.tenant && tenant.at("id") != arguments.tenant) continue;
        const auto id = tenant.at("id").get<std::string>();
        const json body{{"reason", arguments.reason}};
        [[maybe_unused]] const auto answer =
            call_or_fail(arguments.connection, {.method = "POST",
                                                .path = "/admin/v1/tenants/" + id + "/networks/reset",
                                                .body = body.dump(),
                                                .typed = {{"/reason", "--reason"}}});
        if (!arguments.connection.json) {
            std::cout << "tenant " << tenant.at("service_code").get<std::string>()
                      << " lets its users and keys in from everywhere again\n";
        }
        return 0;
    }
    throw std::runtime_error("there is no tenant of the service code or id " + arguments.tenant +
                             "; winnow tenant list shows those that there are");
}

}  // namespace

void add_tenant_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("tenant", "The provider's side: tenants (management listener)");
    group->require_subcommand();

    auto* command = group->add_subcommand("create", "Create a tenant with its first admin");
    auto arguments = std::make_shared<CreateArguments>();
    arguments->connection.add_options(*command);
    command->add_option("NAME", arguments->name, "The company's name")->required();
    command->add_option("--service-code", arguments->service_code, "4 to 32 of a-z and 0-9 (default: a fresh one)");
    command->add_option("--admin-email", arguments->email, "The first admin's mail address")->required();
    command->add_option("--admin-name", arguments->admin_name, "The first admin's name");
    command->add_option("--data-region", arguments->region, "Where its data must lie: refused where that is not here");
    command->footer("Example:\n  winnow tenant create 'Acme Ltd' --admin-email ops@acme.example");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return create(*arguments);
        };
    });

    add_invite(*group, chosen);
    add_suspend(*group, chosen, true);
    add_suspend(*group, chosen, false);
    auto* reset = group->add_subcommand("reset-networks", "Let a tenant in again whose networks shut out its admins");
    auto wanted = std::make_shared<ResetArguments>();
    wanted->connection.add_options(*reset);
    reset->add_option("TENANT", wanted->tenant, "Its service code or id")->required();
    reset->add_option("--reason", wanted->reason, "Why; it stands in both audit logs")->required();
    reset->footer("Example:\n  winnow tenant reset-networks w7k2m9 --reason 'asked for by phone, ticket 4711'");
    reset->callback([&chosen, wanted] {
        chosen = [wanted] {
            return reset_networks(*wanted);
        };
    });

    auto* show = group->add_subcommand("list", "List every tenant");
    auto connection = std::make_shared<Connection>();
    connection->add_options(*show);
    show->footer("Example:\n  winnow tenant list --json");
    show->callback([&chosen, connection] {
        chosen = [connection] {
            return list(*connection);
        };
    });
    add_tenant_quotas_command(*group, chosen);
    add_tenant_end_commands(*group, chosen);
}

}  // namespace winnow::cli
