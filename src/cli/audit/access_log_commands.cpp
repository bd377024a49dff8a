/// @file
/// winnow access-log: who asked for what.

#include "cli/commands.hpp"
#include "cli/rest/download.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

/// What list and export have in common.
struct FilterArguments {
    Connection connection;
    std::string from, until, actor, address, object, status;
};

Typed typed_filters()
{
    return {{"from", "--from"},       {"to", "--until"}, {"actor", "--actor"},
            {"address", "--address"}, {"on", "--on"},    {"status", "--status"}};
}

/// The query, each of its parts behind an ampersand.
std::string query_of(const FilterArguments& arguments)
{
    std::string query;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) query += "&" + std::string(name) + "=" + url_encode(value);
    };
    add("from", arguments.from);
    add("to", arguments.until);
    add("actor", arguments.actor);
    add("address", arguments.address);
    add("on", arguments.object);
    add("status", arguments.status);
    return query;
}

void add_filters(Syntax& command, FilterArguments& arguments)
{
    arguments.connection.add_options(command);
    command.add_option("--from", arguments.from, "From this instant on")->time();
    command.add_option("--until", arguments.until, "Before this instant")->time();
    command.add_option("--actor", arguments.actor, "Who: user:ID, integration:ID");
    command.add_option("--address", arguments.address, "From which IP address");
    command.add_option("--on", arguments.object, "On what: an id");
    command.add_option("--status", arguments.status, "With which status it was answered, such as 403");
}

struct ListArguments {
    FilterArguments filters;
    std::size_t limit = 50;
};

int list(ListArguments& arguments)
{
    auto& connection = arguments.filters.connection;
    complete(connection, As::admin);
    auto typed = typed_filters();
    typed.emplace_back("limit", "--limit");
    const auto page = call_or_fail(connection, {.path = "/api/v1/access-log?limit=" + std::to_string(arguments.limit) +
                                                        query_of(arguments.filters),
                                                .typed = std::move(typed)})
                          .json();
    if (connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"AT", "IN JAPAN", "TIMES", "WHO", "FROM", "METHOD", "ROUTE", "ON", "STATUS"});
    for (const auto& entry : page.at("items")) {
        const auto actor = entry.at("actor").get<std::string>();
        table.add({entry.at("at"), entry.at("at_jst"), entry.at("times").dump(), actor.empty() ? "several" : actor,
                   entry.at("address"), entry.at("method"), entry.at("route"), entry.at("object"),
                   entry.at("status").dump()});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct ExportArguments {
    FilterArguments filters;
    std::string format = "ndjson";
};

int export_log(ExportArguments& arguments)
{
    auto& connection = arguments.filters.connection;
    complete(connection, As::admin);
    auto typed = typed_filters();
    typed.emplace_back("format", "--format");
    print_answer(connection, {.path = "/api/v1/access-log/export?format=" + url_encode(arguments.format) +
                                      query_of(arguments.filters),
                              .typed = std::move(typed)});
    return 0;
}

void add_list(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("list", "Who asked for what, the newest first");
    auto arguments = std::make_shared<ListArguments>();
    add_filters(*command, arguments->filters);
    command->add_option("--limit", arguments->limit, "How many at most")->range(1, 500)->capture_default_str();
    command->footer("Example:\n  winnow access-log list --status 403 --from 2026-11-01T00:00:00Z");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });
}

void add_export(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("export", "All of it, or of what the options name, the newest first");
    auto arguments = std::make_shared<ExportArguments>();
    add_filters(*command, arguments->filters);
    command->add_option("--format", arguments->format, "ndjson or csv")->capture_default_str();
    command->footer("Example:\n  winnow access-log export --format csv > access.csv");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return export_log(*arguments);
        };
    });
}

}  // namespace

void add_access_log_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("access-log", "Who asked for what, and what was refused");
    group->require_subcommand();
    add_list(*group, chosen);
    add_export(*group, chosen);
}

}  // namespace winnow::cli
