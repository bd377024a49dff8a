/// @file
/// winnow announcement: what the provider tells its tenants.

#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/rest/rest_client.hpp"
#include "cli/shown/shown.hpp"
#include "cli/shown/table.hpp"
#include "cli/tenants/tenant_kind.hpp"
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

const Kind kAnnouncement{.noun = "announcement", .path = "/api/v1/announcements", .lists = "winnow announcement list"};
const Kind kPublished{
    .noun = "announcement", .path = "/admin/v1/announcements", .lists = "winnow announcement published"};

/// "withdrawn", or what `otherwise` says.
std::string state_of(const json& announcement, const std::string& otherwise)
{
    return announcement.at("withdrawn_at").is_null() ? otherwise : "withdrawn";
}

std::vector<std::string> row(const json& announcement)
{
    return {announcement.at("id"), state_of(announcement, announcement.at("read_at").is_null() ? "new" : "read"),
            announcement.at("published_at"), announcement.at("kind"), announcement.at("title")};
}

struct OneArguments {
    Connection connection;
    std::string id;
};

int show(OneArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto id = find_id(arguments.connection, kAnnouncement, arguments.id);
    const auto found = call_or_fail(arguments.connection, {.path = kAnnouncement.path + '/' + id,
                                                           .missing = no_such(kAnnouncement, arguments.id)})
                           .json();
    if (arguments.connection.json) {
        std::cout << json_text(found) << '\n';
        return 0;
    }
    std::cout << found.at("kind").get<std::string>() << ": " << for_terminal(found.at("title").get<std::string>())
              << "\npublished: " << found.at("published_at").get<std::string>() << '\n';
    for (const auto& [member, word] : {std::pair{"starts_at", "from: "}, std::pair{"ends_at", "until: "},
                                       std::pair{"withdrawn_at", "withdrawn: "}}) {
        if (found.at(member).is_string()) std::cout << word << found.at(member).get<std::string>() << '\n';
    }
    std::cout << '\n' << for_terminal(found.at("text").get<std::string>()) << '\n';
    return 0;
}

struct ReadArguments {
    Connection connection;
    std::vector<std::string> ids;
};

int mark_read(ReadArguments& arguments)
{
    complete(arguments.connection, As::admin);
    std::vector<std::string> ids;
    for (const auto& word : arguments.ids) ids.push_back(find_id(arguments.connection, kAnnouncement, word));
    for (const auto& id : ids) {
        static_cast<void>(call_or_fail(arguments.connection, {.method = "POST",
                                                              .path = kAnnouncement.path + '/' + id + "/read",
                                                              .missing = no_such(kAnnouncement, id)}));
        if (arguments.connection.json) {
            std::cout << json{{"id", id}}.dump() << '\n';
        } else {
            std::cout << id << " is read\n";
        }
    }
    return 0;
}

int list_published(Connection& connection)
{
    complete(connection, As::provider);
    const auto page = call_or_fail(connection, {.path = kPublished.path + "?limit=500"}).json();
    if (connection.json) {
        std::cout << json_text(page) << '\n';
        return 0;
    }
    Table table({"ID", "STATE", "PUBLISHED", "KIND", "TENANTS", "READ BY", "TITLE"});
    for (const auto& each : page.at("items")) {
        const auto& tenants = each.at("tenant_ids");
        table.add({each.at("id"), state_of(each, "in force"), each.at("published_at"), each.at("kind"),
                   tenants.is_null() ? std::string("all") : std::to_string(tenants.size()), each.at("read_by").dump(),
                   each.at("title")});
    }
    table.print(std::cout, standard_output_takes_colour());
    return 0;
}

struct PublishArguments {
    Connection connection;
    std::string title, kind, text, from, until;
    std::vector<std::string> tenants;
};

int publish(PublishArguments& arguments)
{
    complete(arguments.connection, As::provider);
    json body{{"title", arguments.title}, {"kind", arguments.kind}, {"text", arguments.text}};
    if (!arguments.from.empty()) body["starts_at"] = arguments.from;
    if (!arguments.until.empty()) body["ends_at"] = arguments.until;
    for (const auto& tenant : arguments.tenants) {
        body["tenant_ids"].push_back(find_id(arguments.connection, kTenantKind, tenant));
    }
    const auto made = call_or_fail(arguments.connection, {.method = "POST",
                                                          .path = kPublished.path,
                                                          .body = body.dump(),
                                                          .typed = {{"/title", "TITLE"},
                                                                    {"/kind", "--kind"},
                                                                    {"/text", "--text"},
                                                                    {"/starts_at", "--from"},
                                                                    {"/ends_at", "--until"},
                                                                    {"/tenant_ids", "--tenant"}}})
                          .json();
    if (arguments.connection.json) {
        std::cout << json_text(made) << '\n';
    } else {
        std::cout << made.at("id").get<std::string>() << " is announced to "
                  << (arguments.tenants.empty() ? "all tenants"
                                                : std::to_string(arguments.tenants.size()) + " tenant(s)")
                  << '\n';
    }
    return 0;
}

int withdraw(OneArguments& arguments)
{
    complete(arguments.connection, As::provider);
    const auto id = find_id(arguments.connection, kPublished, arguments.id);
    const auto answer = call_or_fail(arguments.connection, {.method = "POST",
                                                            .path = kPublished.path + '/' + id + "/withdraw",
                                                            .missing = no_such(kPublished, arguments.id)})
                            .json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        std::cout << id << " is withdrawn\n";
    }
    return 0;
}

void add_one(Syntax& group, Command& chosen, const std::string& name, const std::string& description,
             int (*run)(OneArguments&))
{
    auto* command = group.add_subcommand(name, description);
    auto arguments = std::make_shared<OneArguments>();
    arguments->connection.add_options(*command);
    command->add_option("ID", arguments->id, "The announcement's id")->required();
    command->footer("Example:\n  winnow announcement " + name + " 01a209cd-e1d0-7000-8000-000000000001");
    command->callback([&chosen, arguments, run] {
        chosen = [arguments, run] {
            return run(*arguments);
        };
    });
}

void add_read(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("read", "Say that one has read announcements");
    auto arguments = std::make_shared<ReadArguments>();
    arguments->connection.add_options(*command);
    command->add_option("ID", arguments->ids, "Their ids")->required();
    command->footer("Example:\n  winnow announcement read 01a209cd-e1d0-7000-8000-000000000001");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return mark_read(*arguments);
        };
    });
}

void add_published(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("published", "The provider's side: what was announced (management listener)");
    auto connection = std::make_shared<Connection>();
    connection->add_options(*command);
    command->footer("Example:\n  winnow announcement published");
    command->callback([&chosen, connection] {
        chosen = [connection] {
            return list_published(*connection);
        };
    });
}

void add_publish(Syntax& group, Command& chosen)
{
    auto* command =
        group.add_subcommand("publish", "The provider's side: announce something to all tenants or to some");
    auto arguments = std::make_shared<PublishArguments>();
    arguments->connection.add_options(*command);
    command->add_option("TITLE", arguments->title, "One line")->required();
    command->add_option("--kind", arguments->kind, "maintenance, change, incident or advisory")
        ->required()
        ->one_of({"maintenance", "change", "incident", "advisory"});
    command->add_option("--text", arguments->text, "All of it")->required();
    command->add_option("--from", arguments->from, "When it begins, RFC 3339");
    command->add_option("--until", arguments->until, "When it ends, RFC 3339");
    command->add_option("--tenant", arguments->tenants, "A service code, or an id; may be given again (default: all)");
    command->footer(
        "Example:\n  winnow announcement publish 'Storage moves' --kind maintenance --text 'Alerts wait for a "
        "minute.'");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            return publish(*arguments);
        };
    });
}

}  // namespace

void add_announcement_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("announcement", "What the provider tells its tenants");
    group->require_subcommand();
    add_list_command(*group, chosen,
                     {.description = "List what was announced to the tenant",
                      .path = kAnnouncement.path,
                      .head = {"ID", "STATE", "PUBLISHED", "KIND", "TITLE"},
                      .row = row,
                      .states = "",
                      .example = "winnow announcement list"});
    add_one(*group, chosen, "show", "Show an announcement with its text", show);
    add_read(*group, chosen);
    add_published(*group, chosen);
    add_publish(*group, chosen);
    add_one(*group, chosen, "withdraw", "The provider's side: say that an announcement does not hold", withdraw);
}

}  // namespace winnow::cli
