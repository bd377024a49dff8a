#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tickets/find_ticket.hpp"
#include "winnow/domain/ticket.hpp"
#include "winnow/domain/words.hpp"

#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

struct ListArguments {
    Connection connection;
    std::string state, severity, service, text;
    std::size_t limit = 50;
};

int list(ListArguments& arguments)
{
    complete(arguments.connection, As::admin);
    std::string path = "/api/v1/tickets?limit=" + std::to_string(arguments.limit);
    const auto filter = [&](const char* name, const std::string& value) {
        if (!value.empty()) path += std::string("&") + name + "=" + url_encode(value);
    };
    filter("state", arguments.state);
    filter("severity", arguments.severity);
    filter("service", arguments.service);
    filter("q", arguments.text);
    const auto page =
        call_or_fail(
            arguments.connection,
            {.path = path,
             .typed = {{"q", "--q"}, {"state", "--state"}, {"severity", "--severity"}, {"service", "--service"}}})
            .json();
    if (arguments.connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"NUMBER", "STATE", "SEVERITY", "COUNT", "LAST SEEN", "SOURCE", "TITLE"});
    for (const auto& ticket : page.at("items")) {
        table.add({"#" + std::to_string(ticket.at("number").get<long>()), ticket.at("state"), ticket.at("severity"),
                   std::to_string(ticket.at("occurrences").get<long>()), ticket.at("last_seen_at"), ticket.at("source"),
                   ticket.at("title")});
    }
    table.print(std::cout, standard_output_takes_colour());
    if (!page.at("next_cursor").is_null()) std::cerr << "(there are more: raise --limit, or narrow the list)\n";
    return 0;
}

struct TicketArguments {
    Connection connection;
    std::string ticket;
    std::string comment;
};

int show(TicketArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto path = "/api/v1/tickets/" + url_encode(find_ticket(arguments.connection, arguments.ticket));
    auto ticket =
        call_or_fail(arguments.connection, {.path = path, .missing = no_such(kTicketKind, arguments.ticket)}).json();
    const auto timeline = call_or_fail(arguments.connection, {.path = path + "/timeline?limit=100"}).json();
    if (arguments.connection.json) {
        ticket["timeline"] = timeline.at("items");
        std::cout << json_text(ticket) << '\n';
        return 0;
    }
    Table fields({"FIELD", "VALUE"});
    for (const auto& [name, value] : ticket.items()) {
        if (value.is_null() || value == "") continue;
        fields.add({name, value.is_string() ? value.get<std::string>() : value.dump()});
    }
    fields.print(std::cout, standard_output_takes_colour());
    std::cout << '\n';
    Table events({"AT", "EVENT", "BY", "DETAIL"});
    for (const auto& event : timeline.at("items")) {
        events.add({event.at("at"), event.at("kind"), event.at("actor"), event.value("data", json::object()).dump()});
    }
    events.print(std::cout, standard_output_takes_colour());
    return 0;
}

int move(TicketArguments& arguments, const std::string& to)
{
    complete(arguments.connection, As::admin);
    json body{{"to", to}};
    if (!arguments.comment.empty()) body["comment"] = arguments.comment;
    const auto id = find_ticket(arguments.connection, arguments.ticket);
    const auto answer = call_or_fail(arguments.connection, {.method = "POST",
                                                            .path = kTicketKind.path + '/' + id + "/transitions",
                                                            .body = body.dump(),
                                                            .typed = {{"/comment", "--comment"}},
                                                            .missing = no_such(kTicketKind, arguments.ticket)});
    const auto ticket = answer.json();
    if (arguments.connection.json) {
        std::cout << json_text(ticket) << '\n';
    } else {
        std::cout << '#' << ticket.at("number") << " is " << ticket.at("state").get<std::string>() << '\n';
    }
    return 0;
}

void add_one(Syntax& group, Command& chosen, const std::string& name, const std::string& help, const std::string& to)
{
    auto* command = group.add_subcommand(name, help);
    auto arguments = std::make_shared<TicketArguments>();
    arguments->connection.add_options(*command);
    command->add_option("TICKET", arguments->ticket, "Its number (12 or #12) or its id")->required();
    if (!to.empty()) command->add_option("--comment", arguments->comment, "Goes into the ticket's timeline");
    command->footer("Example:\n  winnow ticket " + name + " 12" + (to.empty() ? "" : " --comment 'on it'"));
    command->callback([&chosen, arguments, to] {
        chosen = [arguments, to] {
            return to.empty() ? show(*arguments) : move(*arguments, to);
        };
    });
}

}  // namespace

void add_ticket_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("ticket", "Work with tickets");
    group->require_subcommand();

    auto* command =
        group->add_subcommand("list", "List tickets, newest first; without --state all but held and closed");
    auto arguments = std::make_shared<ListArguments>();
    arguments->connection.add_options(*command);
    command->add_option("--state", arguments->state, "open, in_progress, recovered, closed, …; several with commas");
    command->add_option("--severity", arguments->severity,
                        domain::listed(domain::severities()) + "; several with commas");
    command->add_option("--service", arguments->service, "Only of this service");
    command->add_option("--q", arguments->text, "Words in title, description or dedup key");
    command->add_option("--limit", arguments->limit, "How many at most")->range(1, 500)->capture_default_str();
    command->footer("Example:\n  winnow ticket list --state open --severity critical,error");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });

    add_one(*group, chosen, "show", "Show a ticket and its timeline", "");
    add_one(*group, chosen, "ack", "Take a ticket: it is in progress", "in_progress");
    add_one(*group, chosen, "close", "Close a ticket", "closed");
}

}  // namespace winnow::cli
