/// @file
/// The whole rule set, as a file in version control sees it: export, plan, versions, rollback, lint, promotion.

#include "cli/commands.hpp"
#include "cli/documents/yaml_document.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/rules/backtest_report.hpp"
#include "cli/rules/ruleset_changes.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/cli/terminal_text.hpp"
#include "winnow/forms/rule_documents.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct Arguments {
    Connection connection;
    std::string file;
    std::string format;
    std::string rule;
    std::string comment;
    std::int64_t version = 0;
    std::int64_t days = 7;
    std::int64_t if_version = -1;
};

/// As asked for, else as the file's name has it, else YAML.
bool exports_json(const Arguments& arguments)
{
    if (arguments.connection.json) return true;
    return arguments.format.empty() ? arguments.file.ends_with(".json") : arguments.format == "json";
}

int export_rules(Arguments& arguments)
{
    if (arguments.connection.json && arguments.format == "yaml") throw WrongUsage("--json excludes --format yaml");
    complete(arguments.connection, As::admin);
    const auto set = call_or_fail(arguments.connection, {.path = "/api/v1/ruleset"}).json();
    const auto rules = forms::written_rules(set.at("rules"));
    const auto text = exports_json(arguments) ? json_text(rules) + "\n" : json_to_yaml(rules);
    if (arguments.file.empty() || arguments.file == "-") {
        std::cout << text;
        return 0;
    }
    std::ofstream out(arguments.file, std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + arguments.file);
    std::cerr << rules.size() << " rules of version " << set.at("version") << " in " << arguments.file << '\n';
    return 0;
}

/// The difference to the rules in force, and what it would have done to the alerts of the last days.
int plan(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const json body{{"rules", read_rules(arguments.file)}};
    auto result = call_or_fail(arguments.connection,
                               {.method = "PUT", .path = "/api/v1/ruleset?dry_run=true", .body = body.dump()})
                      .json();
    json backtest = nullptr;
    if (arguments.days > 0) {
        const json question{{"ruleset", body.at("rules")}, {"days", arguments.days}};
        backtest =
            call_or_fail(
                arguments.connection,
                {.method = "POST", .path = kBacktestsPath, .body = question.dump(), .typed = {{"/days", "--days"}}})
                .json();
        backtest = wait_for_backtest(arguments.connection, std::move(backtest));
    }
    if (arguments.connection.json) {
        result["backtest"] = std::move(backtest);
        std::cout << json_text(result) << '\n';
        return 0;
    }
    print_changes(result);
    print_findings(result.at("findings"));
    std::cout << "to apply exactly this: winnow rules apply " << arguments.file << " --if-version "
              << result.at("version") << '\n';
    if (backtest.is_null()) return 0;
    std::cout << '\n';
    return print_backtest(backtest);
}

int list_versions(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto page = call_or_fail(arguments.connection, {.path = "/api/v1/ruleset/versions"}).json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"VERSION", "MADE AT", "MADE BY", "RULES", "CREATED", "UPDATED", "DELETED", "MOVED", "COMMENT"});
    for (const auto& each : page.at("items")) {
        table.add({each.at("version").dump(), each.at("made_at"), each.at("made_by"), each.at("rule_count").dump(),
                   each.at("created").dump(), each.at("updated").dump(), each.at("deleted").dump(),
                   each.at("moved").dump(), each.at("comment")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

int roll_back(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    json body{{"to", arguments.version}};
    if (!arguments.comment.empty()) body["comment"] = arguments.comment;
    Call request{.method = "POST",
                 .path = "/api/v1/ruleset/rollback",
                 .body = body.dump(),
                 .typed = {{"/to", "VERSION"}, {"/comment", "--comment"}}};
    if (arguments.if_version >= 0) {
        request.headers.push_back("If-Match: \"" + std::to_string(arguments.if_version) + '"');
    }
    const auto result = call_or_fail(arguments.connection, request).json();
    if (arguments.connection.json) {
        std::cout << json_text(result) << '\n';
    } else {
        print_changes(result);
    }
    return 0;
}

int lint(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    auto body = json::object();
    if (!arguments.file.empty()) body["ruleset"] = read_rules(arguments.file);
    const auto result =
        call_or_fail(arguments.connection, {.method = "POST", .path = "/api/v1/rules/lint", .body = body.dump()})
            .json();
    const auto& findings = result.at("findings");
    if (arguments.connection.json) {
        std::cout << json_text(result) << '\n';
    } else if (findings.empty()) {
        std::cout << "nothing looks wrong\n";
    } else {
        print_findings(findings);
    }
    return std::ranges::any_of(findings, [](const json& each) { return each.at("severity") == "warning"; }) ? 1 : 0;
}

/// The shadow rule of an id or name.
json shadow_rule(const Connection& connection, const std::string& wanted)
{
    const auto set = call_or_fail(connection, {.path = "/api/v1/ruleset"}).json();
    const json* found = nullptr;
    for (const auto& rule : set.at("rules")) {
        if (rule.at("id") != wanted && rule.at("name") != wanted) continue;
        if (found != nullptr) throw std::runtime_error("several rules are called " + wanted + "; give an id");
        found = &rule;
    }
    if (found == nullptr) throw std::runtime_error("there is no rule " + wanted + ": `winnow rules list` lists them");
    if (found->at("mode") != "shadow") throw std::runtime_error(wanted + " is no shadow rule");
    return *found;
}

/// What has been seen of the rule decides: it must be that version still.
Call about(const json& rule, std::string method)
{
    return {.method = std::move(method),
            .path = "/api/v1/rules/" + rule.at("id").get<std::string>(),
            .headers = {"If-Match: \"" + rule.at("version").dump() + '"'}};
}

int promote(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    auto request = about(shadow_rule(arguments.connection, arguments.rule), "PATCH");
    request.body = R"({"mode": "live"})";
    request.content_type = "application/merge-patch+json";
    const auto rule = call_or_fail(arguments.connection, request).json();
    if (arguments.connection.json) {
        std::cout << json_text(rule) << '\n';
    } else {
        std::cout << for_terminal(rule.at("name").get<std::string>()) << " is live\n";
    }
    return 0;
}

int discard(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto rule = shadow_rule(arguments.connection, arguments.rule);
    const auto answer = call_or_fail(arguments.connection, about(rule, "DELETE"));
    if (!arguments.connection.json && answer.ok())
        std::cout << for_terminal(rule.at("name").get<std::string>()) << " is deleted\n";
    return 0;
}

/// A sub-command with its own arguments and connection.
Syntax* add(Syntax& rules, Command& chosen, const char* name, const char* what, const char* footer,
            int (*run)(Arguments&), const std::shared_ptr<Arguments>& arguments)
{
    auto* command = rules.add_subcommand(name, what);
    arguments->connection.add_options(*command);
    command->footer(footer);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
    return command;
}

}  // namespace

void add_ruleset_commands(Syntax& rules, Command& chosen)
{
    auto exported = std::make_shared<Arguments>();
    auto* command = add(rules, chosen, "export", "Write all rules as a file that `rules apply` takes",
                        "Example:\n  winnow rules export rules.yaml", export_rules, exported);
    command->add_option("FILE", exported->file, "Where to; without it standard output");
    command
        ->add_option("--format", exported->format,
                     "yaml or json; without it (or --json) json into a file named so, else yaml")
        ->one_of({"yaml", "json"});

    auto planned = std::make_shared<Arguments>();
    command = add(rules, chosen, "plan", "Say what applying a file would change, and what that would have done lately",
                  "Nothing is applied.\nExample:\n  winnow rules plan rules.yaml --days 14", plan, planned);
    command->add_option("FILE", planned->file, "A list of rules, or {rules: […]}; - is standard input")->required();
    command->add_option("--days", planned->days, "Try it on the alerts of so many days; 0: on none")
        ->not_negative()
        ->capture_default_str();

    add(rules, chosen, "versions", "List the versions of the rule set, newest first",
        "Example:\n  winnow rules versions", list_versions, std::make_shared<Arguments>());

    auto rollback = std::make_shared<Arguments>();
    command = add(rules, chosen, "rollback", "Make the rule set what it was in a version",
                  "Example:\n  winnow rules rollback 12 --comment 'dropped too much'", roll_back, rollback);
    command->add_option("VERSION", rollback->version, "As `rules versions` lists it")->required()->positive();
    command->add_option("--comment", rollback->comment, "Why, for the history");
    command->add_option("--if-version", rollback->if_version, "Only if this is the current version")->not_negative();

    auto linted = std::make_shared<Arguments>();
    command = add(rules, chosen, "lint", "Say what looks wrong in rules that are valid",
                  "Exit status 1 where a rule does not do what it seems to.\nExample:\n  winnow rules lint rules.yaml",
                  lint, linted);
    command->add_option("FILE", linted->file, "A rule set; without it the one on the server");

    auto promoted = std::make_shared<Arguments>();
    command = add(rules, chosen, "promote", "Make a shadow rule a live one",
                  "Example:\n  winnow rules promote 'quiet nights'", promote, promoted);
    command->add_option("RULE", promoted->rule, "Its name or id")->required();

    auto discarded = std::make_shared<Arguments>();
    command = add(rules, chosen, "discard", "Delete a shadow rule", "Example:\n  winnow rules discard 'quiet nights'",
                  discard, discarded);
    command->add_option("RULE", discarded->rule, "Its name or id")->required();
}

}  // namespace winnow::cli
