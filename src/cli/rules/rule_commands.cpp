#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/rules/ruleset_changes.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/base/time.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>

namespace winnow::cli {

namespace {

using nlohmann::json;

/// Whether it acts by now, as its switch and its dates have it.
std::string enabled_word(const json& rule, Timestamp now)
{
    if (!rule.value("enabled", true)) return "no";
    const auto date = [&](const char* name) -> std::optional<Timestamp> {
        const auto found = rule.find(name);
        return found != rule.end() && found->is_string() ? parse_rfc3339(found->get<std::string>()) : std::nullopt;
    };
    if (const auto from = date("effective_from"); from && now < *from) return "not yet";
    if (const auto until = date("effective_until"); until && *until <= now) return "over";
    return "yes";
}

int list(Connection& connection)
{
    complete(connection, As::admin);
    const auto set = call_or_fail(connection, {.path = "/api/v1/ruleset"}).json();
    if (connection.json) {
        std::cout << json_text(set) << '\n';
        return 0;
    }
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    Table table({"POSITION", "NAME", "ENABLED", "MODE", "STOP", "SYNTAX", "CONDITION", "ACTIONS"});
    for (const auto& rule : set.at("rules")) {
        std::string actions;
        for (const auto& action : rule.at("actions")) {
            actions += (actions.empty() ? "" : ", ") + action.at("type").get<std::string>();
        }
        table.add({std::to_string(rule.value("position", 0)), rule.at("name"), enabled_word(rule, now),
                   rule.value("mode", std::string("live")), rule.value("stop", false) ? "yes" : "no", rule.at("syntax"),
                   rule.at("condition"), actions});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct ApplyArguments {
    Connection connection;
    std::string file;
    std::string comment;
    std::int64_t if_version = -1;
    bool dry_run = false;
};

int apply(ApplyArguments& arguments)
{
    complete(arguments.connection, As::admin);
    json document{{"rules", read_rules(arguments.file)}};
    if (!arguments.comment.empty()) document["comment"] = arguments.comment;
    const auto path = std::string("/api/v1/ruleset?dry_run=") + (arguments.dry_run ? "true" : "false");
    Call request{.method = "PUT", .path = path, .body = document.dump(), .typed = {{"/comment", "--comment"}}};
    if (arguments.if_version >= 0) {
        request.headers.push_back("If-Match: \"" + std::to_string(arguments.if_version) + '"');
    }
    const auto answer = call_or_fail(arguments.connection, request).json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        print_changes(answer);
        print_findings(answer.value("findings", json::array()));
    }
    return 0;
}

}  // namespace

void add_rule_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("rules", "The rules that filter alerts");
    group->require_subcommand();

    auto* show = group->add_subcommand("list", "List the rules in the order in which they are tried");
    auto connection = std::make_shared<Connection>();
    connection->add_options(*show);
    show->footer("Example:\n  winnow rules list");
    show->callback([&chosen, connection] {
        chosen = [connection] {
            return list(*connection);
        };
    });

    auto* command = group->add_subcommand("apply", "Make the rule set that of a YAML or JSON file, all or nothing");
    auto arguments = std::make_shared<ApplyArguments>();
    arguments->connection.add_options(*command);
    command->add_option("FILE", arguments->file, "A list of rules, or {rules: […]}; - is standard input")->required();
    command->add_flag("--dry-run", arguments->dry_run, "Only say what would change");
    command->add_option("--comment", arguments->comment, "Why, for the history");
    command->add_option("--if-version", arguments->if_version, "Only if this is the current version of the rule set")
        ->not_negative();
    command->footer(
        "Example:\n"
        "  winnow rules apply rules.yaml --dry-run\n"
        "where rules.yaml holds\n"
        "  - name: development is not urgent\n"
        "    syntax: matchers\n"
        "    condition: '{env=\"dev\"}'\n"
        "    actions: [{type: drop}]");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return apply(*arguments);
        };
    });
    add_ruleset_commands(*group, chosen);
    add_suggest_command(*group, chosen);
    add_rule_test_command(*group, chosen);
    add_backtest_command(*group, chosen);
}

}  // namespace winnow::cli
