#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tenants/group_kind.hpp"
#include "cli/tenants/key_words.hpp"
#include "cli/tenants/user_kind.hpp"
#include "winnow/cli/syntax.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/api-keys";
const Kind kKey{.noun = "key", .path = kPath, .lists = "winnow key list", .has_names = true};

/// "&user_id=…" of the user that is named; "" for oneself.
std::string query_of(const Connection& connection, const std::string& user)
{
    return user.empty() ? "" : "&user_id=" + find_id(connection, kUserKind, user);
}

struct CreateArguments {
    Connection connection;
    std::string name, user, duration, until;
    std::vector<std::string> scopes, networks, groups;
};

/// Nobody else knows the secret.
void tell_if_lost(const json& key)
{
    std::cout.flush();
    if (std::cout) return;
    const auto id = key.at("id").get<std::string>();
    std::cerr << "winnow: key " << id
              << " was made, but its secret, which is shown once, is lost. Revoke it (winnow key "
              << "revoke " << id << "), and make another one\n";
}

int create(CreateArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    json body{{"name", arguments.name}};
    if (!arguments.user.empty()) body["user_id"] = find_id(connection, kUserKind, arguments.user);
    if (!arguments.scopes.empty()) body["scopes"] = arguments.scopes;
    if (!arguments.networks.empty()) body["networks"] = arguments.networks;
    for (const auto& group : arguments.groups) {
        body["management_group_ids"].push_back(find_id(connection, kGroupKind, group));
    }
    if (!arguments.until.empty()) body["expires_at"] = arguments.until;
    if (!arguments.duration.empty()) body["expires_at"] = end_after(arguments.duration);
    const auto key =
        call_or_fail(connection, {.method = "POST",
                                  .path = kPath,
                                  .body = body.dump(),
                                  .typed = {{"/name", "NAME"},
                                            {"/user_id", "--user"},
                                            {"/scopes", "--scope"},
                                            {"/networks", "--network"},
                                            {"/management_group_ids", "--group"},
                                            {"/expires_at", arguments.until.empty() ? "--for" : "--until"}}})
            .json();
    if (connection.json) {
        std::cout << json_text(key) << '\n';
    } else {
        std::cout << "key " << key.at("id").get<std::string>() << " is good until "
                  << key.at("expires_at").get<std::string>()
                  << "\nits secret, shown this once: " << key.at("secret").get<std::string>() << '\n';
    }
    tell_if_lost(key);
    return 0;
}

struct ListArguments {
    Connection connection;
    std::string user;
};

int list(ListArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    // A user has few: all of them fit on one page.
    const auto page =
        call_or_fail(connection, {.path = std::string(kPath) + "?limit=500" + query_of(connection, arguments.user)})
            .json();
    if (connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"ID", "HINT", "EXPIRES AT", "LAST USED", "SCOPES", "NETWORKS", "NAME"});
    for (const auto& key : page.at("items")) {
        table.add({key.at("id"), key.at("hint"), text_or(key.at("expires_at"), "never"),
                   text_or(key.at("last_used"), "-"), listed(key.at("scopes"), "all"),
                   listed(key.at("networks"), "everywhere"), key.at("name")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct RevokeArguments {
    Connection connection;
    std::string user;
    std::vector<std::string> keys;
};

int revoke(RevokeArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    auto kind = kKey;
    kind.query = query_of(connection, arguments.user);
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
    auto* command = group.add_subcommand("create", "Make a key for oneself or, as an admin, for another user");
    auto arguments = std::make_shared<CreateArguments>();
    arguments->connection.add_options(*command);
    command->add_option("NAME", arguments->name, "What it is for")->required();
    command->add_option("--scope", arguments->scopes,
                        "A permission that it has: tickets:read; without any, all of its user's");
    command->add_option("--network", arguments->networks, "Where it may be used: 10.0.0.0/8; without any, everywhere");
    command->add_option("--group", arguments->groups,
                        "A management group that it is narrowed to, by name or id; without any, as its user is");
    auto* until = command->add_option("--until", arguments->until, "When it expires: 2027-02-01T00:00:00Z")->time();
    command->add_option("--for", arguments->duration, "How long it lives, at most P366D; without it P90D")
        ->excludes(until)
        ->duration();
    command->add_option("--user", arguments->user, "Whose it is: a mail address, or an id");
    command->footer(
        "Example:\n  winnow key create 'wall screen' --scope tickets:read --network 192.0.2.0/24 --for P30D");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return create(*arguments);
        };
    });
}

void add_list(Syntax& group, Command& chosen)
{
    auto* command =
        group.add_subcommand("list", "List live keys: what each may, from where, and when it was used last");
    auto arguments = std::make_shared<ListArguments>();
    arguments->connection.add_options(*command);
    command->add_option("--user", arguments->user, "Whose: a mail address, or an id");
    command->footer("Example:\n  winnow key list --user olga@acme.example");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });
}

void add_revoke(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("revoke", "Revoke keys at once");
    auto arguments = std::make_shared<RevokeArguments>();
    arguments->connection.add_options(*command);
    command->add_option("KEY", arguments->keys, "Their ids, or names")->required();
    command->add_option("--user", arguments->user, "Whose names they are: a mail address, or an id");
    command->footer("Example:\n  winnow key revoke 'wall screen'");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return revoke(*arguments);
        };
    });
}

}  // namespace

void add_key_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("key", "Users' API keys: what each may, and from where");
    group->require_subcommand();
    add_create(*group, chosen);
    add_list(*group, chosen);
    add_revoke(*group, chosen);
}

}  // namespace winnow::cli
