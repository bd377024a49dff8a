/// @file
/// `winnow group`: what belongs to management groups, and who is narrowed to them.

#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "cli/tenants/group_kind.hpp"
#include "cli/tenants/user_kind.hpp"
#include "cli/tickets/find_ticket.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kIntegration{
    .noun = "integration", .path = "/api/v1/integrations", .lists = "winnow integration list", .has_names = true};

std::vector<std::string> row(const json& group)
{
    std::string labels;
    for (const auto& label : group.at("labels")) {
        labels += (labels.empty() ? "" : ", ") + label.at("name").get<std::string>() + '=' +
                  label.at("value").get<std::string>();
    }
    return {group.at("id"), std::to_string(group.at("integration_ids").size()), labels.empty() ? "-" : labels,
            group.at("name")};
}

void print(const json& group, const Connection& connection, const std::string& done)
{
    if (connection.json) {
        std::cout << json_text(group) << '\n';
        return;
    }
    std::cout << "the management group \"" << for_terminal(group.at("name").get<std::string>()) << "\" " << done << " ("
              << group.at("id").get<std::string>() << ")\n";
}

json label_of(const std::string& word)
{
    const auto equals = word.find('=');
    if (equals == std::string::npos) throw WrongUsage("--label wants NAME=VALUE, not \"" + word + "\"");
    return {{"name", word.substr(0, equals)}, {"value", word.substr(equals + 1)}};
}

/// What is put into a group, or taken out of it.
struct Things {
    std::vector<std::string> integrations, labels, users;

    void add_options(Syntax& command, bool with_users)
    {
        command.add_option("--integration", integrations, "An integration: its name, or id");
        command.add_option("--label", labels, "Of alerts, whatever their integration: team=db");
        if (with_users) command.add_option("--user", users, "Who is narrowed to it: a mail address, or an id");
    }
    [[nodiscard]] bool empty() const { return integrations.empty() && labels.empty() && users.empty(); }
};

/// What was typed is not there, or is.
void put(json& list, const json& item)
{
    if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}
void take(json& list, const json& item)
{
    list.erase(std::remove(list.begin(), list.end(), item), list.end());
}

struct CreateArguments {
    Connection connection;
    std::string name;
    Things things;
};

int create(CreateArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    json body{{"name", arguments.name}, {"labels", json::array()}, {"integration_ids", json::array()}};
    for (const auto& label : arguments.things.labels) put(body["labels"], label_of(label));
    for (const auto& word : arguments.things.integrations) {
        put(body["integration_ids"], find_id(connection, kIntegration, word));
    }
    const Typed typed{{"/name", "NAME"}, {"/labels", "--label"}, {"/integration_ids", "--integration"}};
    print(call_or_fail(connection, {.method = "POST", .path = kGroupKind.path, .body = body.dump(), .typed = typed})
              .json(),
          connection, "is made");
    return 0;
}

/// PATCH of what was just read; refused where somebody has changed it meanwhile.
json patched(const Connection& connection, const std::string& path, const json& read, const json& patch, Typed typed)
{
    return call_or_fail(connection, {.method = "PATCH",
                                     .path = path,
                                     .body = patch.dump(),
                                     .content_type = "application/merge-patch+json",
                                     .headers = {"If-Match: \"" + read.at("version").dump() + '"'},
                                     .typed = std::move(typed)})
        .json();
}

struct ChangeArguments {
    Connection connection;
    std::string group, name;
    Things things;
    bool puts = true;
};

/// Of the group itself.
json change_group(const ChangeArguments& arguments, const std::string& path)
{
    const auto& connection = arguments.connection;
    const auto apply = arguments.puts ? &put : &take;
    auto group = call_or_fail(connection, {.path = path, .missing = no_such(kGroupKind, arguments.group)}).json();
    auto patch = json::object();
    if (!arguments.name.empty()) patch["name"] = arguments.name;
    if (!arguments.things.labels.empty()) {
        patch["labels"] = group.at("labels");
        for (const auto& label : arguments.things.labels) apply(patch["labels"], label_of(label));
    }
    if (!arguments.things.integrations.empty()) {
        patch["integration_ids"] = group.at("integration_ids");
        for (const auto& word : arguments.things.integrations) {
            apply(patch["integration_ids"], find_id(connection, kIntegration, word));
        }
    }
    if (patch.empty()) return group;
    return patched(connection, path, group, patch,
                   {{"/name", "NAME"}, {"/labels", "--label"}, {"/integration_ids", "--integration"}});
}

int change(ChangeArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    const auto id = find_id(connection, kGroupKind, arguments.group);
    // First all are found, so that a slip of the pen does nothing to those before it.
    std::vector<std::string> users;
    for (const auto& user : arguments.things.users) users.push_back(find_id(connection, kUserKind, user));
    const auto group = change_group(arguments, kGroupKind.path + '/' + id);
    const auto apply = arguments.puts ? &put : &take;
    for (const auto& user : users) {
        const auto path = kUserKind.path + '/' + user;
        const auto read = call_or_fail(connection, {.path = path}).json();
        auto groups = read.at("management_group_ids");
        if (groups.is_null()) {
            if (!arguments.puts) continue;  // narrowed to none
            groups = json::array();
        }
        apply(groups, id);
        static_cast<void>(
            patched(connection, path, read, {{"management_group_ids", groups}}, {{"/management_group_ids", "--user"}}));
    }
    print(group, connection, "is changed");
    return 0;
}

struct WidenArguments {
    Connection connection;
    std::vector<std::string> users;
};

int widen(WidenArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    std::vector<std::string> ids;
    for (const auto& user : arguments.users) ids.push_back(find_id(connection, kUserKind, user));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        static_cast<void>(call_or_fail(connection, {.method = "PATCH",
                                                    .path = kUserKind.path + '/' + ids[i],
                                                    .body = R"({"management_group_ids":null})",
                                                    .content_type = "application/merge-patch+json",
                                                    .missing = no_such(kUserKind, arguments.users[i])}));
        if (connection.json) {
            std::cout << json{{"id", ids[i]}}.dump() << '\n';
        } else {
            std::cout << for_terminal(arguments.users[i]) << " sees the whole tenant\n";
        }
    }
    return 0;
}

struct GiveArguments {
    Connection connection;
    std::string group;
    std::vector<std::string> tickets;
};

int give(GiveArguments& arguments)
{
    auto& connection = arguments.connection;
    complete(connection, As::admin);
    const bool takes_back = arguments.group.empty();
    const auto group = takes_back ? std::string() : find_id(connection, kGroupKind, arguments.group);
    std::vector<std::string> ids;
    for (const auto& ticket : arguments.tickets) ids.push_back(find_ticket(connection, ticket));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto given =
            call_or_fail(connection, {.method = takes_back ? "DELETE" : "PUT",
                                      .path = kTicketKind.path + '/' + ids[i] + "/management-group",
                                      .body = takes_back ? "" : json{{"management_group_id", group}}.dump(),
                                      .typed = {{"/management_group_id", "GROUP"}},
                                      .missing = no_such(kTicketKind, arguments.tickets[i])})
                .json();
        if (connection.json) {
            std::cout << json_text(given) << '\n';
        } else {
            std::cout << arguments.tickets[i] << (takes_back ? " is its integration's again\n" : " is given\n");
        }
    }
    return 0;
}

void add_create(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("create", "Make a management group");
    auto arguments = std::make_shared<CreateArguments>();
    arguments->connection.add_options(*command);
    command->add_option("NAME", arguments->name, "Its name")->required();
    arguments->things.add_options(*command, false);
    command->footer("Example:\n  winnow group create databases --integration prometheus --label team=db");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return create(*arguments);
        };
    });
}

void add_change(Syntax& group, Command& chosen, bool puts)
{
    auto* command = puts ? group.add_subcommand("add", "Put integrations, labels and users into a group")
                         : group.add_subcommand("remove", "Take integrations, labels and users out of a group");
    auto arguments = std::make_shared<ChangeArguments>();
    arguments->puts = puts;
    arguments->connection.add_options(*command);
    command->add_option("GROUP", arguments->group, "Its name, or id")->required();
    arguments->things.add_options(*command, true);
    command->footer(puts ? "Example:\n  winnow group add databases --user olga@acme.example"
                         : "Who is in no group any more is still narrowed: winnow group widen\n"
                           "Example:\n  winnow group remove databases --label team=db");
    command->callback([&chosen, arguments] {
        if (arguments->things.empty()) fail_required("--integration, --label or --user");
        chosen = [arguments] {
            return change(*arguments);
        };
    });
}

void add_rename(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("rename", "Give a group another name");
    auto arguments = std::make_shared<ChangeArguments>();
    arguments->connection.add_options(*command);
    command->add_option("GROUP", arguments->group, "Its name, or id")->required();
    command->add_option("NAME", arguments->name, "Its name from now on")->required();
    command->footer("Example:\n  winnow group rename databases storage");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return change(*arguments);
        };
    });
}

void add_widen(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("widen", "Narrow users to no group any more: they see the whole tenant");
    auto arguments = std::make_shared<WidenArguments>();
    arguments->connection.add_options(*command);
    command->add_option("USER", arguments->users, "Their mail addresses, or ids")->required();
    command->footer("Example:\n  winnow group widen olga@acme.example");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return widen(*arguments);
        };
    });
}

void add_give(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("give", "Give tickets to a group, whatever their integration");
    auto arguments = std::make_shared<GiveArguments>();
    arguments->connection.add_options(*command);
    command->add_option("GROUP", arguments->group, "Its name, or id")->required();
    command->add_option("TICKET", arguments->tickets, "Their numbers, or ids")->required();
    command->footer("Example:\n  winnow group give databases 12");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return give(*arguments);
        };
    });
}

void add_give_back(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("give-back", "Let tickets belong to their integration's group again");
    auto arguments = std::make_shared<GiveArguments>();
    arguments->connection.add_options(*command);
    command->add_option("TICKET", arguments->tickets, "Their numbers, or ids")->required();
    command->footer("Example:\n  winnow group give-back 12");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return give(*arguments);
        };
    });
}

}  // namespace

void add_group_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("group", "Management groups: what belongs to them, and who is narrowed to them");
    group->require_subcommand();
    add_list_command(*group, chosen,
                     {.description = "List management groups",
                      .path = kGroupKind.path,
                      .head = {"ID", "INTEGRATIONS", "LABELS", "NAME"},
                      .row = row,
                      .states = "",
                      .example = "winnow group list"});
    add_create(*group, chosen);
    add_change(*group, chosen, true);
    add_change(*group, chosen, false);
    add_rename(*group, chosen);
    add_delete_command(
        *group, chosen,
        {.name = "delete",
         .description = "Delete groups that no integration is in; who is narrowed to them stays narrowed",
         .kind = kGroupKind,
         .done = "is deleted",
         .example = "winnow group delete databases"});
    add_widen(*group, chosen);
    add_give(*group, chosen);
    add_give_back(*group, chosen);
}

}  // namespace winnow::cli
