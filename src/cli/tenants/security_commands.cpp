/// @file
/// winnow security: what the service says of its own security.

#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"

#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct Arguments {
    Connection connection;
    std::string language = "en";
};

std::string joined(const json& sections)
{
    std::string text;
    for (const auto& section : sections) text += (text.empty() ? "" : ", ") + section.get<std::string>();
    return text;
}

int features(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto answer = call_or_fail(arguments.connection, {.path = "/api/v1/security-features"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
        return 0;
    }
    Table table({"FEATURE", "STATE", "SECTIONS", "IT SAYS"});
    for (const auto& item : answer.at("items")) {
        table.add(
            {item.at("id"), item.at("state"), joined(item.at("sections")), item.at("what").at(arguments.language)});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

/// Three lines each: one sentence a line.
int responsibility(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto answer = call_or_fail(arguments.connection, {.path = "/api/v1/responsibility"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
        return 0;
    }
    Table table({"SUBJECT", "SECTIONS", "WHO", "DOES"});
    for (const auto& item : answer.at("items")) {
        const auto text = [&](const char* part) {
            return item.at(part).at(arguments.language).get<std::string>();
        };
        table.add({text("subject"), joined(item.at("sections")), "provider", text("provider")});
        table.add({"", "", "customer", text("customer")});
        table.add({"", "", "Winnow", text("winnow")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

void add(Syntax& group, Command& chosen, const char* name, const char* does, int (*run)(Arguments&))
{
    auto* command = group.add_subcommand(name, does);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("--language", arguments->language, "en or ja (default: en)")->one_of({"en", "ja"});
    command->footer("Example:\n  winnow security " + std::string(name) + " --language ja");
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
}

}  // namespace

void add_security_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("security", "What the service says of its own security");
    group->require_subcommand();
    add(*group, chosen, "features", "List security features and whether they are in force", features);
    add(*group, chosen, "responsibility", "Say who does what: provider, customer, Winnow", responsibility);
}

}  // namespace winnow::cli
