#include "cli/commands.hpp"
#include "cli/documents/yaml_document.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rules/backtest_report.hpp"
#include "cli/rules/ruleset_changes.hpp"
#include "cli/shown/shown.hpp"

#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct Arguments {
    Connection connection;
    std::string file, rule_id, from, until;
    std::int64_t days = 0;
    std::int64_t max_alerts = 0;
    bool no_wait = false;
};

const Kind kRule{.noun = "rule",
                 .path = "/api/v1/ruleset",
                 .lists = "winnow rules list",
                 .has_names = true,
                 .has_cursor = false,
                 .items = "rules"};

/// A single rule, a list, or {rules: […]}.
void add_draft(json& body, const Arguments& arguments)
{
    if (!arguments.rule_id.empty()) {
        body["rule_id"] = find_id(arguments.connection, kRule, arguments.rule_id);
        return;
    }
    auto document = read_document(arguments.file);
    if (document.is_array() || (document.is_object() && document.contains("rules"))) {
        body["ruleset"] = rules_of(std::move(document), arguments.file);
    } else {
        body["rule"] = std::move(document);
    }
}

int backtest(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    json body = json::object();
    add_draft(body, arguments);
    if (!arguments.from.empty()) body["from"] = arguments.from;
    if (!arguments.until.empty()) body["until"] = arguments.until;
    if (arguments.days != 0) body["days"] = arguments.days;
    if (arguments.max_alerts != 0) body["max_alerts"] = arguments.max_alerts;
    auto started = call_or_fail(arguments.connection, {.method = "POST",
                                                       .path = kBacktestsPath,
                                                       .body = body.dump(),
                                                       .typed = {{"/rule_id", "--rule-id"},
                                                                 {"/from", "--from"},
                                                                 {"/until", "--until"},
                                                                 {"/days", "--days"},
                                                                 {"/max_alerts", "--max-alerts"}}})
                       .json();
    if (!arguments.no_wait) started = wait_for_backtest(arguments.connection, std::move(started));
    if (arguments.connection.json) {
        std::cout << json_text(started) << '\n';
        return arguments.no_wait || started.at("state") == "done" ? 0 : 1;
    }
    if (arguments.no_wait) {
        std::cout << started.at("id").get<std::string>() << " is " << started.at("state").get<std::string>() << '\n';
        return 0;
    }
    return print_backtest(started);
}

}  // namespace

void add_backtest_command(Syntax& rules, Command& chosen)
{
    auto* command = rules.add_subcommand("backtest", "Say what draft rules would have made of past alerts");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    auto* id = command->add_option("--rule-id", arguments->rule_id,
                                   "A stored rule (id or name), as if it were enabled and live");
    command
        ->add_option(
            "FILE", arguments->file,
            "YAML or JSON: a rule that joins the live ones, or a whole rule set as `rules apply` takes it; - is "
            "standard input")
        ->excludes(id);
    auto* from = command->add_option("--from", arguments->from, "The first alerts: 2026-11-16T06:00:00Z")->time();
    command->add_option("--until", arguments->until, "The last alerts; without it those of now")->time();
    command->add_option("--days", arguments->days, "So many days up to then (default 7)")->positive()->excludes(from);
    command->add_option("--max-alerts", arguments->max_alerts, "Read no more than so many (default 2,000,000)")
        ->positive();
    command->add_flag("--no-wait", arguments->no_wait, "Only start it");
    command->footer("Example:\n  winnow rules backtest draft.yaml --days 14");
    command->callback([&chosen, arguments] {
        // Not an option group: it would be a nameless command in help and completion.
        if (arguments->file.empty() && arguments->rule_id.empty()) fail_required("FILE or --rule-id");
        chosen = [arguments] {
            return backtest(*arguments);
        };
    });
}

}  // namespace winnow::cli
