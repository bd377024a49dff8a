#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/maintenance-windows";
const Kind kWindow{.noun = "window", .path = kPath, .lists = "winnow window list", .has_names = true};

std::vector<std::string> row(const json& window)
{
    const auto& next = window.at("next_occurrences");
    const bool active = window.at("active");
    const auto state = !window.at("enabled").get<bool>() ? "disabled" : active ? "active" : "waiting";
    return {window.at("id"),
            state,
            next.empty() ? "-" : next[0].at("starts_at").get<std::string>(),
            window.at("duration"),
            std::to_string(window.at("stats").at("matched").get<long>()),
            scope_of(window),
            window.at("name")};
}

void print_occurrences(const json& window)
{
    for (const auto& occurrence : window.at("next_occurrences")) {
        std::cout << "  " << occurrence.at("starts_at").get<std::string>() << " to "
                  << occurrence.at("ends_at").get<std::string>() << '\n';
    }
}

struct AddArguments {
    Connection connection;
    ScopeOptions scope;
    std::string name, from, duration, zone, rrule, comment;
    std::vector<std::string> exceptions;
    bool everything = false;
};

int add(AddArguments& arguments)
{
    complete(arguments.connection, As::admin);
    json body{{"name", arguments.name}, {"starts_at", arguments.from}, {"duration", arguments.duration}};
    arguments.scope.write(body);
    if (!arguments.zone.empty()) body["time_zone"] = arguments.zone;
    if (!arguments.rrule.empty()) body["rrule"] = arguments.rrule;
    if (!arguments.exceptions.empty()) body["exceptions"] = arguments.exceptions;
    if (!arguments.comment.empty()) body["comment"] = arguments.comment;
    const auto path = with_everything(kPath, arguments.everything);
    auto typed = ScopeOptions::typed();
    typed.insert(typed.end(), {{"/name", "NAME"},
                               {"/starts_at", "--from"},
                               {"/duration", "--for"},
                               {"/time_zone", "--time-zone"},
                               {"/rrule", "--rrule"},
                               {"/exceptions", "--except"},
                               {"/comment", "--comment"}});
    const auto window =
        call_or_fail(arguments.connection, {.method = "POST", .path = path, .body = body.dump(), .typed = typed})
            .json();
    print_warnings(window, typed);
    if (arguments.connection.json) {
        std::cout << json_text(window) << '\n';
        return 0;
    }
    std::cout << window.at("id").get<std::string>() << " occurs next:\n";
    print_occurrences(window);
    return 0;
}

struct ShowArguments {
    Connection connection;
    std::string id;
};

int show(ShowArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto path = kWindow.path + '/' + find_id(arguments.connection, kWindow, arguments.id);
    const auto window =
        call_or_fail(arguments.connection, {.path = path, .missing = no_such(kWindow, arguments.id)}).json();
    if (arguments.connection.json) {
        std::cout << json_text(window) << '\n';
        return 0;
    }
    std::cout << for_terminal(window.at("name").get<std::string>() + ": " + scope_of(window)) << '\n';
    print_occurrences(window);
    return 0;
}

void add_add(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("add", "Keep quiet what matches, at times that recur");
    auto arguments = std::make_shared<AddArguments>();
    arguments->connection.add_options(*command);
    command->add_option("NAME", arguments->name, "Shown on the tickets")->required();
    arguments->scope.add(*command);
    command->add_option("--from", arguments->from, "When it first begins: 2026-11-29T02:00:00+09:00")
        ->required()
        ->time();
    command->add_option("--for", arguments->duration, "How long each time: PT2H")->required()->duration();
    command->add_option("--time-zone", arguments->zone, "Whose clocks it keeps to: Asia/Tokyo; without it UTC")
        ->not_empty();
    command->add_option("--rrule", arguments->rrule, "How it recurs (RFC 5545): FREQ=WEEKLY;BYDAY=SU")->not_empty();
    command->add_option("--except", arguments->exceptions, "Occurrences to leave out: 2026-12-06");
    command->add_option("--comment", arguments->comment, "Why");
    add_everything_option(*command, arguments->everything);
    command->footer(
        "Example:\n  winnow window add 'patch night' --matchers 'service=\"billing\"' --for PT2H \\\n"
        "    --from 2026-11-29T02:00:00+09:00 --time-zone Asia/Tokyo --rrule 'FREQ=WEEKLY;BYDAY=SU'");
    command->callback([&chosen, arguments] {
        arguments->scope.check();
        chosen = [arguments] {
            return add(*arguments);
        };
    });
}

void add_show(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("show", "Show when a window occurs next");
    auto arguments = std::make_shared<ShowArguments>();
    arguments->connection.add_options(*command);
    command->add_option("ID", arguments->id, "Its id, or its name")->required();
    command->footer("Example:\n  winnow window show 'patch night'");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return show(*arguments);
        };
    });
}

}  // namespace

void add_window_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("window", "Maintenance windows: keep alerts quiet at times that recur");
    group->require_subcommand();
    add_list_command(*group, chosen,
                     {.description = "List maintenance windows",
                      .path = kPath,
                      .head = {"ID", "STATE", "BEGINS NEXT", "FOR", "HITS", "MATCHERS OR CONDITION", "NAME"},
                      .row = row,
                      .states = "",
                      .example = "winnow window list"});
    add_add(*group, chosen);
    add_show(*group, chosen);
    add_delete_command(*group, chosen,
                       {.name = "remove",
                        .description = "Remove windows; what one keeps quiet now is told",
                        .kind = kWindow,
                        .done = "is removed",
                        .example = "winnow window remove 'patch night'"});
}

}  // namespace winnow::cli
