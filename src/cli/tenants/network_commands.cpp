/// @file
/// winnow networks: from where a tenant lets its users, admins and keys in.

#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"

#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/settings/networks";
constexpr std::array kLists{"users", "admins", "keys"};

std::string words_of(const json& networks)
{
    std::string words;
    for (const auto& network : networks) words += (words.empty() ? "" : ", ") + network.get<std::string>();
    return words.empty() ? "everywhere" : words;
}

int print(const Connection& connection, const json& places)
{
    if (connection.json) {
        std::cout << json_text(places) << '\n';
        return 0;
    }
    Table table({"WHO", "FROM"});
    for (const auto* const list : kLists) table.add({list, words_of(places.at(list))});
    table.print(std::cout, standard_output_takes_colour());
    if (const auto& until = places.at("on_trial_until"); !until.is_null()) {
        std::cout << "on trial: what was before is in force again at " << until.get<std::string>()
                  << ", unless you say until then: winnow networks confirm\n";
    }
    return 0;
}

int show(Connection& connection)
{
    complete(connection, As::admin);
    return print(connection, call_or_fail(connection, {.path = kPath}).json());
}

struct SetArguments {
    Connection connection;
    std::vector<std::string> users, admins, keys, everywhere;
};

int set(SetArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const std::array<std::pair<const char*, const std::vector<std::string>*>, kLists.size()> named{
        {{"users", &arguments.users}, {"admins", &arguments.admins}, {"keys", &arguments.keys}}};
    bool changes = !arguments.everywhere.empty();
    for (const auto& [list, networks] : named) changes = changes || !networks->empty();
    if (!changes) throw WrongUsage("--users, --admins, --keys or --everywhere says what is to change");
    auto places = call_or_fail(arguments.connection, {.path = kPath}).json();
    for (const auto& list : arguments.everywhere) places[list] = json::array();
    for (const auto& [list, networks] : named) {
        if (!networks->empty()) places[list] = *networks;
    }
    places.erase("on_trial_until");
    const Typed typed{{"/users", "--users"}, {"/admins", "--admins"}, {"/keys", "--keys"}};
    const auto tried =
        call_or_fail(arguments.connection, {.method = "PUT", .path = kPath, .body = places.dump(), .typed = typed})
            .json();
    const auto shown = print(arguments.connection, tried);
    if (!arguments.connection.json) print_warnings(tried, typed);
    return shown;
}

int confirm(Connection& connection)
{
    complete(connection, As::admin);
    return print(connection,
                 call_or_fail(connection, {.method = "POST", .path = std::string(kPath) + "/confirm"}).json());
}

void add_simple(Syntax& group, Command& chosen, const std::string& name, const std::string& says,
                int (*run)(Connection&))
{
    auto* command = group.add_subcommand(name, says);
    auto connection = std::make_shared<Connection>();
    connection->add_options(*command);
    command->footer("Example:\n  winnow networks " + name);
    command->callback([&chosen, connection, run] {
        chosen = [connection, run] {
            return run(*connection);
        };
    });
}

void add_set(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("set", "Try networks for ten minutes; lists that are not named stay");
    auto arguments = std::make_shared<SetArguments>();
    arguments->connection.add_options(*command);
    command->add_option("--users", arguments->users, "A network from which users are let in; may be repeated");
    command->add_option("--admins", arguments->admins, "One from which admins are, who must be in both lists");
    command->add_option("--keys", arguments->keys, "One from which keys may be used, of users and of integrations");
    command->add_option("--everywhere", arguments->everywhere, "A list that is to hold every address again")
        ->one_of({"users", "admins", "keys"});
    command->footer("Example:\n  winnow networks set --admins 192.0.2.0/24 --admins 2001:db8::/32");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return set(*arguments);
        };
    });
}

}  // namespace

void add_network_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("networks", "From where users, admins and keys are let in");
    group->require_subcommand();
    add_simple(*group, chosen, "show", "From where they are let in", show);
    add_set(*group, chosen);
    add_simple(*group, chosen, "confirm", "Keep what is on trial", confirm);
}

}  // namespace winnow::cli
