#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "cli/tenants/user_kind.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kRoles = "viewer, operator, admin or auditor";

std::vector<std::string> row(const json& user)
{
    return {user.at("id"), user.at("state"), user.at("role"), user.at("email"), user.at("name")};
}

void print(const json& user, const Connection& connection)
{
    if (connection.json) {
        std::cout << json_text(user) << '\n';
        return;
    }
    std::cout << for_terminal(user.at("email").get<std::string>()) << " is " << user.at("role").get<std::string>()
              << ", " << user.at("state").get<std::string>() << " (" << user.at("id").get<std::string>() << ")\n";
}

struct CreateArguments {
    Connection connection;
    std::string email, name, role;
};

int create(CreateArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const json body{{"email", arguments.email}, {"name", arguments.name}, {"role", arguments.role}};
    print(
        call_or_fail(arguments.connection, {.method = "POST",
                                            .path = kUserKind.path,
                                            .body = body.dump(),
                                            .typed = {{"/email", "ADDRESS"}, {"/name", "--name"}, {"/role", "--role"}}})
            .json(),
        arguments.connection);
    return 0;
}

struct ChangeArguments {
    Connection connection;
    std::string user, email, name, role, state;
};

int change(ChangeArguments& arguments)
{
    complete(arguments.connection, As::admin);
    auto body = json::object();
    if (!arguments.email.empty()) body["email"] = arguments.email;
    if (!arguments.name.empty()) body["name"] = arguments.name;
    if (!arguments.role.empty()) body["role"] = arguments.role;
    if (!arguments.state.empty()) body["state"] = arguments.state;
    print(
        call_or_fail(arguments.connection,
                     {.method = "PATCH",
                      .path = kUserKind.path + '/' + find_id(arguments.connection, kUserKind, arguments.user),
                      .body = body.dump(),
                      .content_type = "application/merge-patch+json",
                      .typed = {{"/email", "--email"}, {"/name", "--name"}, {"/role", "--role"}, {"/state", "--state"}},
                      .missing = no_such(kUserKind, arguments.user)})
            .json(),
        arguments.connection);
    return 0;
}

void add_create(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("create", "Create a user who works by keys; who is to sign in is invited");
    auto arguments = std::make_shared<CreateArguments>();
    arguments->connection.add_options(*command);
    command->add_option("ADDRESS", arguments->email, "The user's mail address")->required();
    command->add_option("--name", arguments->name, "The user's name")->required();
    command->add_option("--role", arguments->role, kRoles)->required();
    command->footer("Example:\n  winnow user create olga@acme.example --name Olga --role operator");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return create(*arguments);
        };
    });
}

void add_change(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("change", "Change what is given of a user");
    auto arguments = std::make_shared<ChangeArguments>();
    arguments->connection.add_options(*command);
    command->add_option("USER", arguments->user, "The mail address, or the id")->required();
    command->add_option("--role", arguments->role, kRoles);
    command->add_option("--name", arguments->name, "The user's name");
    command->add_option("--email", arguments->email, "The mail address from now on");
    command
        ->add_option("--state", arguments->state, "active, or disabled: the user's sessions, keys and links end then")
        ->one_of({"active", "disabled"});
    command->footer("Example:\n  winnow user change olga@acme.example --role admin");
    command->callback([&chosen, arguments] {
        if (arguments->role.empty() && arguments->name.empty() && arguments->email.empty() &&
            arguments->state.empty()) {
            fail_required("--role, --name, --email or --state");
        }
        chosen = [arguments] {
            return change(*arguments);
        };
    });
}

}  // namespace

void add_user_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("user", "The people of a tenant, and what they may do");
    group->require_subcommand();
    add_list_command(*group, chosen,
                     {.description = "List users",
                      .path = kUserKind.path,
                      .head = {"ID", "STATE", "ROLE", "ADDRESS", "NAME"},
                      .row = row,
                      .states = "",
                      .example = "winnow user list"});
    add_create(*group, chosen);
    add_change(*group, chosen);
    add_delete_command(*group, chosen,
                       {.name = "disable",
                        .description = "Disable users: their sessions, keys and links end for good",
                        .kind = kUserKind,
                        .done = "is disabled",
                        .example = "winnow user disable olga@acme.example"});
    add_user_life_commands(*group, chosen);
}

}  // namespace winnow::cli
