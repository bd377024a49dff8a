#include "app/cli/commands.hpp"
#include "app/cli/rest_client.hpp"
#include "app/cli/table.hpp"
#include "winnow/base/time.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iostream>
#include <memory>

namespace winnow::app::cli {

namespace {

using nlohmann::json;

struct ListArguments {
    Connection connection;
    std::string state;
    std::size_t limit = 50;
};

std::string scope_of(const json& silence)
{
    return silence.at(silence.at("matchers").is_null() ? "condition" : "matchers");
}

int list(ListArguments& arguments)
{
    complete(arguments.connection, As::admin);
    auto path = "/api/v1/silences?limit=" + std::to_string(arguments.limit);
    if (!arguments.state.empty()) path += "&state=" + url_encode(arguments.state);
    const auto page = call_or_fail(arguments.connection, {.path = path}).json();
    if (arguments.connection.json) {
        std::cout << page.dump(2) << '\n';
        return 0;
    }
    Table table({"ID", "STATE", "ENDS AT", "HITS", "MATCHERS OR CONDITION", "COMMENT"});
    for (const auto& silence : page.at("items")) {
        table.add({silence.at("id"), silence.at("state"), silence.at("ends_at"),
                   std::to_string(silence.at("stats").at("matched").get<long>()), scope_of(silence),
                   silence.at("comment")});
    }
    table.print(std::cout, standard_output_takes_colour());
    if (!page.at("next_cursor").is_null()) std::cerr << "(there are more: raise --limit, or narrow the list)\n";
    return 0;
}

struct AddArguments {
    Connection connection;
    std::string matchers, condition, from, until, duration, quiet, comment;
    bool dry_run = false;
};

/// The end: --until as it is, or --for after --from or after now.
std::string end_of(const AddArguments& arguments)
{
    if (!arguments.until.empty()) return arguments.until;
    const auto duration = parse_iso8601_duration(arguments.duration);
    if (!duration) throw std::runtime_error("--for takes an ISO 8601 duration such as PT2H or P1D");
    auto begin = std::optional(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    if (!arguments.from.empty()) begin = parse_rfc3339(arguments.from);
    if (!begin) throw std::runtime_error("--from takes a time such as 2026-11-23T06:00:00Z");
    return format_rfc3339(*begin + *duration);
}

void print_preview(const json& preview)
{
    const auto& tickets = preview.at("tickets");
    std::cout << "would keep quiet: " << tickets.at("count") << " live tickets, " << preview.at("alerts").at("count")
              << " alerts of the last hour (nothing was made)\n";
    for (const auto& ticket : tickets.at("items")) {
        std::cout << "  #" << ticket.at("number") << ' ' << ticket.at("title").get<std::string>() << '\n';
    }
}

int add(AddArguments& arguments)
{
    complete(arguments.connection, As::admin);
    json body{{"comment", arguments.comment}, {"ends_at", end_of(arguments)}};
    if (!arguments.matchers.empty()) body["matchers"] = arguments.matchers;
    if (!arguments.condition.empty()) body["condition"] = arguments.condition;
    if (!arguments.from.empty()) body["starts_at"] = arguments.from;
    if (!arguments.quiet.empty()) body["end_when_quiet"] = arguments.quiet;
    const auto* const path = arguments.dry_run ? "/api/v1/silences/preview" : "/api/v1/silences";
    const auto answer =
        call_or_fail(arguments.connection, {.method = "POST", .path = path, .body = body.dump()}).json();
    if (arguments.connection.json) {
        std::cout << answer.dump(2) << '\n';
    } else if (arguments.dry_run) {
        print_preview(answer);
    } else {
        std::cout << answer.at("id").get<std::string>() << " is " << answer.at("state").get<std::string>() << " until "
                  << answer.at("ends_at").get<std::string>() << '\n';
    }
    return 0;
}

struct ExpireArguments {
    Connection connection;
    std::vector<std::string> ids;
};

int expire(ExpireArguments& arguments)
{
    complete(arguments.connection, As::admin);
    for (const auto& id : arguments.ids) {
        const auto path = "/api/v1/silences/" + url_encode(id);
        static_cast<void>(call_or_fail(arguments.connection, {.method = "DELETE", .path = path}));
        if (!arguments.connection.json) std::cout << id << " is expired\n";
    }
    return 0;
}

void add_add(CLI::App& group, Command& chosen)
{
    auto* command = group.add_subcommand("add", "Keep quiet what matches, for a while");
    auto arguments = std::make_shared<AddArguments>();
    arguments->connection.add_options(*command);
    auto* condition = command->add_option("--condition", arguments->condition, "A condition in CEL");
    command->add_option("--matchers", arguments->matchers, "Alertmanager's matchers: 'env=\"prod\", source=~\"db-.*\"'")
        ->excludes(condition);
    auto* until = command->add_option("--until", arguments->until, "When it ends: 2026-11-23T06:00:00Z");
    command->add_option("--for", arguments->duration, "How long: PT2H, P1D")->excludes(until);
    command->add_option("--from", arguments->from, "When it begins; without it at once");
    command->add_option("--comment", arguments->comment, "Why; shown on the tickets")->required();
    command->add_option("--end-when-quiet", arguments->quiet, "End by itself after covering nothing for so long: PT1H");
    command->add_flag("--dry-run", arguments->dry_run, "Only say what it would hit now");
    command->footer("Example:\n  winnow silence add --matchers 'source=\"db-7\"' --for PT2H --comment 'new disks'");
    command->callback([&chosen, arguments] {
        // Not an option group: it would be a nameless command in help and completion.
        if (arguments->matchers.empty() && arguments->condition.empty()) {
            throw CLI::RequiredError("--matchers or --condition");
        }
        if (arguments->duration.empty() && arguments->until.empty()) throw CLI::RequiredError("--for or --until");
        chosen = [arguments] {
            return add(*arguments);
        };
    });
}

}  // namespace

void add_silence_commands(CLI::App& root, Command& chosen)
{
    auto* group = root.add_subcommand("silence", "Keep alerts quiet for a while");
    group->require_subcommand(1);
    add_add(*group, chosen);

    auto* show = group->add_subcommand("list", "List silences, newest first");
    auto arguments = std::make_shared<ListArguments>();
    arguments->connection.add_options(*show);
    show->add_option("--state", arguments->state, "pending, active or expired");
    show->add_option("--limit", arguments->limit, "How many at most")
        ->check(CLI::Range(std::size_t{1}, std::size_t{500}))
        ->capture_default_str();
    show->footer("Example:\n  winnow silence list --state active");
    show->callback([&chosen, arguments] {
        chosen = [arguments] {
            return list(*arguments);
        };
    });

    auto* command = group->add_subcommand("expire", "End silences at once");
    auto ended = std::make_shared<ExpireArguments>();
    ended->connection.add_options(*command);
    command->add_option("ID", ended->ids, "Their ids")->required();
    command->footer("Example:\n  winnow silence expire 0199c0de-0000-7000-8000-000000000001");
    command->callback([&chosen, ended] {
        chosen = [ended] {
            return expire(*ended);
        };
    });
}

}  // namespace winnow::app::cli
