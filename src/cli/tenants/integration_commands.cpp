/// @file
/// winnow integration: who may send alerts, and changing their keys without missing one.

#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/cli/syntax.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kIntegration{
    .noun = "integration", .path = "/api/v1/integrations", .lists = "winnow integration list", .has_names = true};

std::string text_or(const json& value, const std::string& otherwise)
{
    return value.is_string() ? value.get<std::string>() : otherwise;
}

std::string keys_path(const Connection& connection, const std::string& integration)
{
    return kIntegration.path + '/' + find_id(connection, kIntegration, integration) + "/keys";
}

int list(Connection& connection)
{
    complete(connection, As::admin);
    const auto page = call_or_fail(connection, {.path = kIntegration.path + "?limit=500"}).json();
    if (connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"KEY", "HINT", "LAST USED", "ENDS", "STATE", "INTEGRATION"});
    for (const auto& integration : page.at("items")) {
        const std::string state = integration.at("enabled").get<bool>() ? "enabled" : "disabled";
        for (const auto& key : integration.at("keys")) {
            table.add({key.at("id"), key.at("hint"), text_or(key.at("last_used"), "-"),
                       text_or(key.at("expires_at"), "-"), state, integration.at("name")});
        }
        if (integration.at("keys").empty()) table.add({"-", "-", "-", "-", state, integration.at("name")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct RotateArguments {
    Connection connection;
    std::string integration, overlap;
    std::vector<std::string> networks;
};

/// Nobody else knows the secret.
void tell_if_lost(const json& key, const std::string& integration)
{
    std::cout.flush();
    if (std::cout) return;
    std::cerr << "winnow: key " << key.at("id").get<std::string>()
              << " was made, but its secret, which is shown once, is lost. Revoke it (winnow integration revoke '"
              << integration << "' " << key.at("id").get<std::string>() << "), and make another one\n";
}

int rotate(RotateArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    json body{{"overlap", arguments.overlap}};
    if (!arguments.networks.empty()) body["networks"] = arguments.networks;
    const auto key = call_or_fail(connection, {.method = "POST",
                                               .path = keys_path(connection, arguments.integration),
                                               .body = body.dump(),
                                               .typed = {{"/overlap", "--overlap"}, {"/networks", "--network"}},
                                               .missing = no_such(kIntegration, arguments.integration)})
                         .json();
    if (connection.json) {
        std::cout << json_text(key) << '\n';
    } else {
        std::cout << "key " << key.at("id").get<std::string>()
                  << " is made\nits secret, shown this once: " << key.at("secret").get<std::string>() << '\n';
        if (const auto& old = key.at("replaces"); old.is_object()) {
            std::cout << "key " << old.at("id").get<std::string>() << " is good until "
                      << old.at("expires_at").get<std::string>() << '\n';
        }
    }
    tell_if_lost(key, arguments.integration);
    return 0;
}

struct RevokeArguments {
    Connection connection;
    std::string integration, key;
};

int revoke(RevokeArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    const Kind kind{.noun = "key", .path = keys_path(connection, arguments.integration), .lists = kIntegration.lists};
    static_cast<void>(call_or_fail(connection, {.method = "DELETE",
                                                .path = kind.path + '/' + find_id(connection, kind, arguments.key),
                                                .missing = no_such(kind, arguments.key)}));
    if (!connection.json) std::cout << arguments.key << " is revoked\n";
    return 0;
}

void add_list(Syntax& group, Command& chosen)
{
    auto* command =
        group.add_subcommand("list", "List who may send, and live keys: when each was used last, and when it ends");
    auto connection = std::make_shared<Connection>();
    connection->add_options(*command);
    command->footer("Example:\n  winnow integration list");
    command->callback([&chosen, connection] {
        chosen = [connection] {
            return list(*connection);
        };
    });
}

void add_rotate(Syntax& group, Command& chosen)
{
    auto* command =
        group.add_subcommand("rotate", "Make a new key, and let the old one go on until senders have moved over");
    auto arguments = std::make_shared<RotateArguments>();
    arguments->overlap = "P7D";
    arguments->connection.add_options(*command);
    command->add_option("INTEGRATION", arguments->integration, "Its id, or name")->required();
    command->add_option("--overlap", arguments->overlap, "How long the old key goes on, at most P90D; PT0S: not at all")
        ->duration()
        ->capture_default_str();
    command->add_option("--network", arguments->networks,
                        "Where the new key may be used: 10.0.0.0/8; without any, everywhere");
    command->footer("Example:\n  winnow integration rotate prometheus --overlap P7D");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return rotate(*arguments);
        };
    });
}

void add_revoke(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("revoke", "Revoke one of its keys at once");
    auto arguments = std::make_shared<RevokeArguments>();
    arguments->connection.add_options(*command);
    command->add_option("INTEGRATION", arguments->integration, "Its id, or name")->required();
    command->add_option("KEY", arguments->key, "The key's id")->required();
    command->footer("Example:\n  winnow integration revoke prometheus 01a209cd-e1d0-7000-8000-000000000001");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return revoke(*arguments);
        };
    });
}

}  // namespace

void add_integration_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("integration", "Who may send alerts, and their keys");
    group->require_subcommand();
    add_list(*group, chosen);
    add_rotate(*group, chosen);
    add_revoke(*group, chosen);
}

}  // namespace winnow::cli
