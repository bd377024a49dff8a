/// @file
/// winnow inquiry: what a tenant asks its provider, from both sides.

#include "cli/commands.hpp"
#include "cli/rest/named_items.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::cli {

namespace {

using nlohmann::json;

const Kind kInquiry{.noun = "inquiry", .path = "/api/v1/inquiries", .lists = "winnow inquiry list"};
const Kind kTenantsInquiry{.noun = "inquiry", .path = "/admin/v1/inquiries", .lists = "winnow inquiry list --provider"};

struct Arguments {
    Connection connection;
    std::string id, subject, text, state;
    bool provider = false;

    [[nodiscard]] const Kind& kind() const { return provider ? kTenantsInquiry : kInquiry; }
    void complete_connection() { complete(connection, provider ? As::provider : As::admin); }
};
using Shared = std::shared_ptr<Arguments>;

/// All items of a list.
json all_of(const Connection& connection, const std::string& path)
{
    auto all = json::array();
    std::string cursor;
    for (;;) {
        const auto page = call_or_fail(connection, {.path = path + "limit=500" + cursor}).json();
        all.insert(all.end(), page.at("items").begin(), page.at("items").end());
        if (page.at("next_cursor").is_null()) return all;
        cursor = "&cursor=" + url_encode(page.at("next_cursor"));
    }
}

int list(Arguments& arguments)
{
    arguments.complete_connection();
    const auto filter = arguments.state.empty() ? std::string() : "state=" + url_encode(arguments.state) + "&";
    const auto items = all_of(arguments.connection, arguments.kind().path + "?" + filter);
    if (arguments.connection.json) {
        std::cout << json_text(json{{"items", items}}) << '\n';
        return 0;
    }
    Table table({"ID", "STATE", "CHANGED", "BY", "SUBJECT"});
    for (const auto& each : items) {
        table.add({each.at("id"), each.at("state"), each.at("changed_at"),
                   arguments.provider ? each.at("service_code") : each.at("opened_by").at("name"), each.at("subject")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

int show(Arguments& arguments)
{
    arguments.complete_connection();
    const auto& kind = arguments.kind();
    const auto at = kind.path + '/' + find_id(arguments.connection, kind, arguments.id);
    auto inquiry = call_or_fail(arguments.connection, {.path = at, .missing = no_such(kind, arguments.id)}).json();
    const auto messages = all_of(arguments.connection, at + "/messages?");
    if (arguments.connection.json) {
        inquiry["said"] = messages;
        std::cout << json_text(inquiry) << '\n';
        return 0;
    }
    std::cout << for_terminal(inquiry.at("subject").get<std::string>()) << " ("
              << inquiry.at("state").get<std::string>() << ")\n";
    for (const auto& message : messages) {
        const auto name = message.at("author_name").get<std::string>();
        std::cout << '\n'
                  << message.at("at").get<std::string>() << ' '
                  << for_terminal(name.empty() ? message.at("side").get<std::string>() : name) << ":\n"
                  << for_terminal(message.at("text").get<std::string>()) << '\n';
    }
    return 0;
}

void print(const Arguments& arguments, const json& answer, const std::string& told)
{
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        std::cout << told << '\n';
    }
}

int open(Arguments& arguments)
{
    arguments.complete_connection();
    const json body{{"subject", arguments.subject}, {"text", arguments.text}};
    const auto made = call_or_fail(arguments.connection, {.method = "POST",
                                                          .path = kInquiry.path,
                                                          .body = body.dump(),
                                                          .typed = {{"/subject", "SUBJECT"}, {"/text", "--text"}}})
                          .json();
    print(arguments, made, made.at("id").get<std::string>() + " is open");
    return 0;
}

int say(Arguments& arguments)
{
    arguments.complete_connection();
    const auto& kind = arguments.kind();
    const auto id = find_id(arguments.connection, kind, arguments.id);
    const auto answer = call_or_fail(arguments.connection,
                                     {.method = "POST",
                                      .path = kind.path + '/' + id + (arguments.provider ? "/answers" : "/messages"),
                                      .body = json{{"text", arguments.text}}.dump(),
                                      .typed = {{"/text", "--text"}},
                                      .missing = no_such(kind, arguments.id)})
                            .json();
    print(arguments, answer, id + (arguments.provider ? " is answered" : " is open"));
    return 0;
}

int close(Arguments& arguments)
{
    arguments.complete_connection();
    const auto& kind = arguments.kind();
    const auto id = find_id(arguments.connection, kind, arguments.id);
    const auto answer = call_or_fail(arguments.connection, {.method = "POST",
                                                            .path = kind.path + '/' + id + "/close",
                                                            .missing = no_such(kind, arguments.id)})
                            .json();
    print(arguments, answer, id + " is closed");
    return 0;
}

/// With what all have; the caller adds its own.
std::pair<Syntax*, Shared> add(Syntax& group, Command& chosen, const std::string& name, const std::string& description,
                               int (*run)(Arguments&))
{
    auto* command = group.add_subcommand(name, description);
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
    return {command, arguments};
}

void add_provider(Syntax& command, Arguments& arguments)
{
    command.add_flag("--provider", arguments.provider, "The provider's side (management listener)");
}

void add_list(Syntax& group, Command& chosen)
{
    const auto [command, arguments] = add(group, chosen, "list", "List inquiries", list);
    add_provider(*command, *arguments);
    command->add_option("--state", arguments->state, "With --provider: open, answered or closed")
        ->one_of({"open", "answered", "closed"});
    command->footer("Example:\n  winnow inquiry list");
}

}  // namespace

void add_inquiry_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("inquiry", "What a tenant asks its provider");
    group->require_subcommand();
    add_list(*group, chosen);
    struct Deed {
        const char* name;
        const char* description;
        int (*run)(Arguments&);
    };
    for (const auto& [name, description, run] :
         {Deed{"show", "Show an inquiry with all that was said", show},
          Deed{"say", "Ask on, or with --provider answer", say}, Deed{"close", "Close an inquiry for good", close}}) {
        const auto [command, arguments] = add(*group, chosen, name, description, run);
        add_provider(*command, *arguments);
        command->add_option("ID", arguments->id, "The inquiry's id")->required();
        const std::string id = " 01a209cd-e1d0-7000-8000-000000000001";
        if (run == say) command->add_option("--text", arguments->text, "What is said")->required();
        command->footer("Example:\n  winnow inquiry " + std::string(name) + id +
                        (run == say ? " --text 'Since this morning.'" : ""));
    }
    const auto [command, arguments] = add(*group, chosen, "open", "Ask the provider something", open);
    command->add_option("SUBJECT", arguments->subject, "One line")->required();
    command->add_option("--text", arguments->text, "All of it")->required();
    command->footer("Example:\n  winnow inquiry open 'Mails are late' --text 'Since when, and why?'");
}

}  // namespace winnow::cli
