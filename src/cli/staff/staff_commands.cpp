/// @file
/// winnow staff: the provider's people on the management listener.

#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kStaff{.noun = "member of the staff",
                  .path = "/admin/v1/provider-users",
                  .lists = "winnow staff list",
                  .has_names = true,
                  .name = "email"};

struct Arguments {
    Connection connection;
    std::string email, name, role;
};

int list(Arguments& arguments)
{
    complete(arguments.connection, As::provider);
    const auto page = call_or_fail(arguments.connection, {.path = kStaff.path + "?limit=500"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"ID", "STATE", "ROLE", "ADDRESS", "NAME"});
    for (const auto& each : page.at("items")) {
        table.add({each.at("id"), each.at("state"), each.at("role"), each.at("email"), each.at("name")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

void print(const Arguments& arguments, const json& member)
{
    if (arguments.connection.json) {
        std::cout << json_text(member) << '\n';
        return;
    }
    std::cout << for_terminal(member.at("email").get<std::string>()) << " is " << member.at("state").get<std::string>()
              << '\n';
    if (!member.contains("enrolment_token")) return;
    std::cout << "enrols for 24 hours, shown this once: " << member.at("enrolment_token").get<std::string>() << '\n';
}

int invite(Arguments& arguments)
{
    complete(arguments.connection, As::provider);
    const json body{{"email", arguments.email}, {"name", arguments.name}, {"role", arguments.role}};
    print(arguments, call_or_fail(arguments.connection,
                                  {.method = "POST",
                                   .path = kStaff.path,
                                   .body = body.dump(),
                                   .typed = {{"/email", "ADDRESS"}, {"/name", "--name"}, {"/role", "--role"}}})
                         .json());
    return 0;
}

int do_to(Arguments& arguments, const std::string& deed)
{
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kStaff, arguments.email);
    print(arguments, call_or_fail(arguments.connection, {.method = "POST",
                                                         .path = kStaff.path + '/' + id + '/' + deed,
                                                         .missing = no_such(kStaff, arguments.email)})
                         .json());
    return 0;
}

void add_deed(Syntax& group, Command& chosen, const std::string& deed, const std::string& description)
{
    auto* command = group.add_subcommand(deed, description);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("MEMBER", arguments->email, "The mail address, or the id")->required();
    command->footer("Example:\n  winnow staff " + deed + " pat@provider.example");
    command->callback([&chosen, arguments, deed] {
        chosen = [arguments, deed] {
            return do_to(*arguments, deed);
        };
    });
}

void add_list(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("list", "List who may sign in on the management listener");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->footer("Example:\n  winnow staff list");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });
}

}  // namespace

void add_staff_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("staff", "The provider's side: its people (management listener)");
    group->require_subcommand();
    add_list(*group, chosen);
    auto* command = group->add_subcommand("invite", "Invite one of the staff; prints what enrols, once");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("ADDRESS", arguments->email, "The mail address")->required();
    command->add_option("--name", arguments->name, "The name")->required();
    command->add_option("--role", arguments->role, "support or admin")->required()->one_of({"support", "admin"});
    command->footer("Example:\n  winnow staff invite pat@provider.example --name Pat --role support");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return invite(*arguments);
        };
    });
    add_deed(*group, chosen, "reset", "Have one of the staff enrol anew; prints what enrols, once");
    add_deed(*group, chosen, "disable", "Disable one of the staff: sessions end");
    add_staff_sign_in_commands(*group, chosen);
}

}  // namespace winnow::cli
