/// @file
/// winnow keys: the keys of the vault, for the provider.

#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"

#include <iostream>
#include <memory>
#include <stdexcept>

namespace winnow::cli {

namespace {

using nlohmann::json;

/// The id of a tenant that is named by its id or its service code.
std::string id_of(const Connection& connection, const std::string& tenant)
{
    std::string cursor;
    for (;;) {
        const auto page = call_or_fail(connection, {.path = "/admin/v1/tenants?limit=500" + cursor}).json();
        for (const auto& each : page.at("items")) {
            if (each.at("service_code") == tenant || each.at("id") == tenant) return each.at("id").get<std::string>();
        }
        if (page.at("next_cursor").is_null()) break;
        cursor = "&cursor=" + url_encode(page.at("next_cursor"));
    }
    throw std::runtime_error("there is no tenant " + tenant + ": winnow tenant list shows service codes and ids");
}

std::string text_or_dash(const json& value)
{
    return value.is_string() ? value.get<std::string>() : "-";
}

void print_vault(const json& vault)
{
    Table table({"ROOT KEY", "STATE", "WRAPS", "NODES", "SINCE", "RETIRED"});
    for (const auto& root : vault.at("root_keys")) {
        table.add({root.at("id"), root.at("state"), root.at("keys").dump(), root.at("nodes").dump(),
                   root.at("created_at"), text_or_dash(root.at("retired_at"))});
    }
    table.print(std::cout, standard_output_takes_colour());
    const auto& keys = vault.at("tenant_keys");
    std::cout << "tenants' keys: " << keys.at("current") << " current, " << keys.at("retiring") << " retiring, "
              << keys.at("destroyed") << " destroyed\nto be wrapped anew: " << vault.at("to_rewrap")
              << "\nversions to be sealed away from: " << vault.at("to_reseal") << "\nnodes: " << vault.at("nodes")
              << '\n';
}

int show(const Connection& connection, const json& vault)
{
    if (connection.json) {
        std::cout << json_text(vault) << '\n';
    } else {
        print_vault(vault);
    }
    return 0;
}

int status(Connection& connection)
{
    complete(connection, As::provider);
    return show(connection, call_or_fail(connection, {.path = "/admin/v1/keys"}).json());
}

struct Arguments {
    Connection connection;
    std::string tenant, root, reason, service_code;
};

int list(Arguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::provider);
    const auto path = "/admin/v1/tenants/" + id_of(connection, arguments.tenant) + "/keys";
    const auto keys = call_or_fail(connection, {.path = path}).json();
    if (connection.json) {
        std::cout << json_text(keys) << '\n';
        return 0;
    }
    Table table({"VERSION", "STATE", "ROOT KEY", "SEALS", "CREATED", "RETIRED", "RESEALED", "DESTROYED"});
    for (const auto& key : keys.at("items")) {
        table.add({key.at("version").dump(), key.at("state"), key.at("root_key"), key.at("seals").dump(),
                   key.at("created_at"), text_or_dash(key.at("retired_at")), text_or_dash(key.at("resealed_at")),
                   text_or_dash(key.at("destroyed_at"))});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

int rotate(Arguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::provider);
    if (arguments.tenant.empty()) {
        auto body = json::object();
        if (!arguments.root.empty()) body["root"] = arguments.root;
        const auto vault = call_or_fail(connection, {.method = "POST",
                                                     .path = "/admin/v1/keys/rotate",
                                                     .body = body.dump(),
                                                     .typed = {{"/root", "--root"}}})
                               .json();
        return show(connection, vault);
    }
    const auto path = "/admin/v1/tenants/" + id_of(connection, arguments.tenant) + "/keys/rotate";
    const auto answer = call_or_fail(connection, {.method = "POST", .path = path}).json();
    if (connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        std::cout << "version " << answer.at("version") << " seals from now on\n";
    }
    return 0;
}

int destroy(Arguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::provider);
    const auto path = "/admin/v1/tenants/" + id_of(connection, arguments.tenant) + "/keys/destroy";
    const json body{{"service_code", arguments.service_code}, {"reason", arguments.reason}};
    const auto answer =
        call_or_fail(connection, {.method = "POST",
                                  .path = path,
                                  .body = body.dump(),
                                  .typed = {{"/service_code", "--service-code"}, {"/reason", "--reason"}}})
            .json();
    if (connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        std::cout << answer.at("versions").size() << " versions destroyed: what they have sealed opens never again\n";
    }
    return 0;
}

void add_rotate(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("rotate", "Let another root key wrap, or give a tenant another key");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("--root", arguments->root, "Which root key, by its id (default: the one that waits)");
    command->add_option("--tenant", arguments->tenant, "A tenant's key instead: its service code or id");
    command->footer("Examples:\n  winnow keys rotate\n  winnow keys rotate --tenant w7k2m9");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return rotate(*arguments);
        };
    });
}

void add_destroy(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("destroy", "Destroy a suspended tenant's keys, for good");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("TENANT", arguments->tenant, "Its service code or id")->required();
    command->add_option("--service-code", arguments->service_code, "Its service code, once more")->required();
    command->add_option("--reason", arguments->reason, "Why: stands in the audit log")->required();
    command->footer(
        "Example:\n  winnow keys destroy w7k2m9 --service-code w7k2m9 --reason 'contract ended 2026-11-30'");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return destroy(*arguments);
        };
    });
}

}  // namespace

void add_vault_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("keys", "The provider's side: the keys of the vault (management listener)");
    group->require_subcommand();

    auto* command = group->add_subcommand("status", "Show root keys, and how far a rotation is");
    auto connection = std::make_shared<Connection>();
    connection->add_options(*command);
    command->footer("Example:\n  winnow keys status");
    command->callback([&chosen, connection] {
        chosen = [connection] {
            return status(*connection);
        };
    });

    auto* of_tenant = group->add_subcommand("list", "List the versions of a tenant's key");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*of_tenant);
    of_tenant->add_option("TENANT", arguments->tenant, "Its service code or id")->required();
    of_tenant->footer("Example:\n  winnow keys list w7k2m9");
    of_tenant->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });

    add_rotate(*group, chosen);
    add_destroy(*group, chosen);
}

}  // namespace winnow::cli
