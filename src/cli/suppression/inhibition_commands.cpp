#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <utility>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/inhibitions";

std::vector<std::string> row(const json& inhibition)
{
    std::string equal;
    for (const auto& name : inhibition.at("equal")) equal += (equal.empty() ? "" : ", ") + name.get<std::string>();
    return {inhibition.at("id"),
            inhibition.at("enabled").get<bool>() ? "enabled" : "disabled",
            std::to_string(inhibition.at("stats").at("matched").get<long>()),
            scope_of(inhibition, "source_"),
            scope_of(inhibition, "target_"),
            equal,
            inhibition.at("name")};
}

struct AddArguments {
    Connection connection;
    ScopeOptions source, target;
    std::string name;
    std::vector<std::string> equal;
    bool everything = false;
};

int add(AddArguments& arguments)
{
    complete(arguments.connection, As::admin);
    json body{{"name", arguments.name}, {"equal", arguments.equal}};
    arguments.source.write(body, "source_");
    arguments.target.write(body, "target_");
    const auto path = with_everything(kPath, arguments.everything);
    Typed typed{{"/name", "NAME"}, {"/equal", "--equal"}};
    for (const auto* side : {"source_", "target_"}) {
        for (auto& each : ScopeOptions::typed(side)) typed.push_back(std::move(each));
    }
    const auto made =
        call_or_fail(arguments.connection, {.method = "POST", .path = path, .body = body.dump(), .typed = typed})
            .json();
    print_warnings(made, typed);
    if (arguments.connection.json) {
        std::cout << json_text(made) << '\n';
    } else {
        std::cout << made.at("id").get<std::string>() << " is in force\n";
    }
    return 0;
}

void add_add(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("add", "Keep some alerts quiet while others, which explain them, fire");
    auto arguments = std::make_shared<AddArguments>();
    arguments->connection.add_options(*command);
    command->add_option("NAME", arguments->name, "Shown on the tickets")->required();
    arguments->source.add(*command, "source-", " for what explains");
    arguments->target.add(*command, "target-", " for what is kept quiet");
    command->add_option("--equal", arguments->equal, "Labels in which both must agree: --equal cluster,rack")
        ->delimiter(',');
    add_everything_option(*command, arguments->everything);
    command->footer(
        "Example:\n  winnow inhibition add 'the rack explains its hosts' --source-matchers 'class=\"rack_down\"' \\\n"
        "    --target-matchers 'class=\"host_down\"' --equal rack");
    command->callback([&chosen, arguments] {
        arguments->source.check("source-");
        arguments->target.check("target-");
        chosen = [arguments] {
            return add(*arguments);
        };
    });
}

}  // namespace

void add_inhibition_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("inhibition", "Keep alerts quiet while another one explains them");
    group->require_subcommand();
    add_list_command(*group, chosen,
                     {.description = "List inhibitions",
                      .path = kPath,
                      .head = {"ID", "STATE", "HITS", "SOURCE", "TARGET", "EQUAL", "NAME"},
                      .row = row,
                      .states = "",
                      .example = "winnow inhibition list"});
    add_add(*group, chosen);
    add_delete_command(
        *group, chosen,
        {.name = "remove",
         .description = "Remove inhibitions; what one keeps quiet now is told",
         .kind = {.noun = "inhibition", .path = kPath, .lists = "winnow inhibition list", .has_names = true},
         .done = "is removed",
         .example = "winnow inhibition remove 'the rack explains its hosts'"});
}

}  // namespace winnow::cli
