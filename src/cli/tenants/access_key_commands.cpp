#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tenants/key_words.hpp"
#include "cli/tenants/user_kind.hpp"
#include "winnow/cli/syntax.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/access-keys";
const Kind kAccessKey{.noun = "access key", .path = kPath, .lists = "winnow access-key list", .has_names = true};
const Kind kIntegration{
    .noun = "integration", .path = "/api/v1/integrations", .lists = "winnow integration list", .has_names = true};

/// Whose access keys: a user's, an integration's, or one's own.
struct Owner {
    std::string user, integration;

    void add(Syntax& command)
    {
        auto* of_user = command.add_option("--user", user, "Whose: a mail address, or an id");
        command.add_option("--integration", integration, "Of an integration instead: its name, or its id")
            ->excludes(of_user);
    }

    /// "&user_id=…"; "" for oneself.
    [[nodiscard]] std::string query(const Connection& connection) const
    {
        if (!user.empty()) return "&user_id=" + find_id(connection, kUserKind, user);
        if (!integration.empty()) return "&integration_id=" + find_id(connection, kIntegration, integration);
        return "";
    }
};

struct CreateArguments {
    Connection connection;
    Owner owner;
    std::string name, duration, until;
    std::vector<std::string> networks;
};

/// Nobody else knows the secret.
void tell_if_lost(const json& key)
{
    std::cout.flush();
    if (std::cout) return;
    const auto id = key.at("id").get<std::string>();
    std::cerr << "winnow: access key " << id
              << " was made, but its secret, which is shown once, is lost. Revoke it (winnow access-key revoke " << id
              << "), and make another one\n";
}

int create(CreateArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    const auto& owner = arguments.owner;
    json body{{"name", arguments.name}};
    if (!owner.user.empty()) body["user_id"] = find_id(connection, kUserKind, owner.user);
    if (!owner.integration.empty()) body["integration_id"] = find_id(connection, kIntegration, owner.integration);
    if (!arguments.networks.empty()) body["networks"] = arguments.networks;
    if (!arguments.until.empty()) body["expires_at"] = arguments.until;
    if (!arguments.duration.empty()) body["expires_at"] = end_after(arguments.duration);
    const auto key =
        call_or_fail(connection, {.method = "POST",
                                  .path = kPath,
                                  .body = body.dump(),
                                  .typed = {{"/name", "NAME"},
                                            {"/user_id", "--user"},
                                            {"/integration_id", "--integration"},
                                            {"/networks", "--network"},
                                            {"/expires_at", arguments.until.empty() ? "--for" : "--until"}}})
            .json();
    if (connection.json) {
        std::cout << json_text(key) << '\n';
    } else {
        std::cout << "access key " << key.at("access_key").get<std::string>() << " is good until "
                  << key.at("expires_at").get<std::string>()
                  << "\nits secret, shown this once: " << key.at("secret").get<std::string>() << '\n';
    }
    tell_if_lost(key);
    return 0;
}

struct ListArguments {
    Connection connection;
    Owner owner;
};

int list(ListArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    // Whoever has some has few: all of them fit on one page.
    const auto page =
        call_or_fail(connection, {.path = std::string(kPath) + "?limit=500" + arguments.owner.query(connection)})
            .json();
    if (connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"ID", "ACCESS KEY", "EXPIRES AT", "LAST USED", "NETWORKS", "NAME"});
    for (const auto& key : page.at("items")) {
        table.add({key.at("id"), key.at("access_key"), key.at("expires_at"), text_or(key.at("last_used"), "-"),
                   listed(key.at("networks"), "everywhere"), key.at("name")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct RevokeArguments {
    Connection connection;
    Owner owner;
    std::vector<std::string> keys;
};

int revoke(RevokeArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    auto kind = kAccessKey;
    kind.query = arguments.owner.query(connection);
    std::vector<Call> calls;
    for (const auto& word : arguments.keys) {
        calls.push_back({.method = "DELETE",
                         .path = kind.path + '/' + find_id(connection, kind, word),
                         .missing = no_such(kind, word)});
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
        static_cast<void>(call_or_fail(connection, calls[i]));
        if (!connection.json) std::cout << arguments.keys[i] << " is revoked\n";
    }
    return 0;
}

void add_create(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("create", "Make an access key for oneself or, as an admin, for others");
    auto arguments = std::make_shared<CreateArguments>();
    arguments->connection.add_options(*command);
    command->add_option("NAME", arguments->name, "What it is for")->required();
    command->add_option("--network", arguments->networks, "Where it may be used: 10.0.0.0/8; without any, everywhere");
    auto* until = command->add_option("--until", arguments->until, "When it expires: 2027-02-01T00:00:00Z")->time();
    command->add_option("--for", arguments->duration, "How long it lives, at most P366D; without it P90D")
        ->excludes(until)
        ->duration();
    arguments->owner.add(*command);
    command->footer("Example:\n  winnow access-key create 'old sender' --integration uom --network 192.0.2.0/24");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return create(*arguments);
        };
    });
}

void add_list(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("list", "List live access keys: from where each may be used, and when it was");
    auto arguments = std::make_shared<ListArguments>();
    arguments->connection.add_options(*command);
    arguments->owner.add(*command);
    command->footer("Example:\n  winnow access-key list --integration uom");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });
}

void add_revoke(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("revoke", "Revoke access keys at once");
    auto arguments = std::make_shared<RevokeArguments>();
    arguments->connection.add_options(*command);
    command->add_option("KEY", arguments->keys, "Their ids, or names")->required();
    arguments->owner.add(*command);
    command->footer("Example:\n  winnow access-key revoke 'old sender' --integration uom");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return revoke(*arguments);
        };
    });
}

}  // namespace

void add_access_key_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("access-key", "Access keys, by whose secrets requests are signed");
    group->require_subcommand();
    add_create(*group, chosen);
    add_list(*group, chosen);
    add_revoke(*group, chosen);
}

}  // namespace winnow::cli
