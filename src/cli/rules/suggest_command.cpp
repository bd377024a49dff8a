/// @file
/// winnow rules suggest: drafts of rules for what nobody acts on.

#include "cli/commands.hpp"
#include "cli/documents/yaml_document.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/forms/rule_documents.hpp"

#include <cmath>
#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct Arguments {
    Connection connection;
    std::string from, until;
    bool yaml = false;
};

std::string percent(double share)
{
    return std::to_string(static_cast<int>(std::lround(share * 100))) + " %";
}

int suggest(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    std::string path = "/api/v1/stats/suggestions";
    if (!arguments.from.empty()) path += "?from=" + url_encode(arguments.from);
    if (!arguments.until.empty()) path += (arguments.from.empty() ? "?to=" : "&to=") + url_encode(arguments.until);
    const auto result =
        call_or_fail(arguments.connection, {.path = path, .typed = {{"from", "--from"}, {"to", "--until"}}}).json();
    const auto& suggestions = result.at("suggestions");
    if (arguments.connection.json) {
        std::cout << json_text(result) << '\n';
        return 0;
    }
    if (arguments.yaml) {
        auto rules = json::array();
        for (const auto& each : suggestions) rules.push_back(each.at("rule"));
        std::cout << json_to_yaml(forms::written_rules(rules));
        return 0;
    }
    if (suggestions.empty()) {
        std::cout << "nothing to suggest: " << result.at("tickets_read") << " tickets were read\n";
        return 0;
    }
    Table table({"TICKETS", "ALERTS", "SHARE", "MESSAGES", "SERVICE", "NOBODY ACTED ON"});
    for (const auto& each : suggestions) {
        table.add({each.at("tickets").dump(), each.at("alerts").dump(), percent(each.at("share")),
                   each.at("notified").dump(), each.at("service"), each.at("pattern")});
    }
    table.print(std::cout, standard_output_takes_colour());
    std::cout << "as shadow rules: winnow rules suggest --yaml\n";
    return 0;
}

}  // namespace

void add_suggest_command(Syntax& rules, Command& chosen)
{
    auto* command = rules.add_subcommand("suggest", "Draft rules for frequent titles that nobody acted on");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("--from", arguments->from, "Tickets opened from then on; without it of seven days")->time();
    command->add_option("--until", arguments->until, "Tickets opened before then; without it now")->time();
    command->add_flag("--yaml", arguments->yaml, "Print the drafts as shadow rules");
    command->footer(
        "Example:\n"
        "  winnow rules suggest\n"
        "  winnow rules suggest --yaml > drafts.yaml    then add what you like to your rules, and promote it later");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return suggest(*arguments);
        };
    });
}

}  // namespace winnow::cli
