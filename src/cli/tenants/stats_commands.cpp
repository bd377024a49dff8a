/// @file
/// winnow stats: what came, and what became of it.

#include "cli/commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"

#include <array>
#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct Arguments {
    Connection connection;
    std::string from, until, group;
};

constexpr std::array kCounts{"received",  "dropped", "suppressed", "silenced",
                             "inhibited", "held",    "ticketed",   "notified"};

void add_line(Table& table, const std::string& name, const json& counts)
{
    std::vector<std::string> cells{name};
    for (const auto* what : kCounts) cells.push_back(counts.at(what).dump());
    table.add(std::move(cells));
}

std::string name_of(const json& group)
{
    const auto name = group.find("name");
    if (name != group.end() && name->is_string()) return *name;
    return group.at("key") == "" ? "(none)" : group.at("key").get<std::string>();
}

int noise(Arguments& arguments)
{
    complete(arguments.connection, As::admin);
    std::string query;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) query += (query.empty() ? "?" : "&") + std::string(name) + "=" + url_encode(value);
    };
    add("from", arguments.from);
    add("to", arguments.until);
    add("group_by", arguments.group);
    const auto result =
        call_or_fail(arguments.connection, {.path = "/api/v1/stats/noise" + query,
                                            .typed = {{"from", "--from"}, {"to", "--until"}, {"group_by", "--by"}}})
            .json();
    if (arguments.connection.json) {
        std::cout << json_text(result) << '\n';
        return 0;
    }
    Table table({"", "RECEIVED", "DROPPED", "SUPPRESSED", "SILENCED", "INHIBITED", "HELD", "TICKETED", "MESSAGES"});
    for (const auto& group : result.at("groups")) add_line(table, name_of(group), group);
    add_line(table, "all", result.at("total"));
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

}  // namespace

void add_stats_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("stats", "What came, and what became of it");
    group->require_subcommand();
    auto* command = group->add_subcommand("noise", "Count alerts by what became of them");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("--from", arguments->from, "From the hour of this instant on; without it seven days")->time();
    command->add_option("--until", arguments->until, "Up to this instant; without it now")->time();
    command->add_option("--by", arguments->group, "rule, source, service, hour or day")
        ->one_of({"rule", "source", "service", "hour", "day"});
    command->footer("Example:\n  winnow stats noise --by rule");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return noise(*arguments);
        };
    });
}

}  // namespace winnow::cli
