#include "cli/commands.hpp"
#include "cli/rest/collection_commands.hpp"
#include "cli/shown/shown.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/time_range.hpp"
#include "winnow/cli/syntax.hpp"
#include "winnow/cli/terminal_text.hpp"
#include "winnow/domain/words.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <memory>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/silences";
const Kind kSilence{.noun = "silence", .path = kPath, .lists = "winnow silence list"};

std::vector<std::string> row(const json& silence)
{
    return {silence.at("id"),      silence.at("state"),
            silence.at("ends_at"), std::to_string(silence.at("stats").at("matched").get<long>()),
            scope_of(silence),     silence.at("comment")};
}

/// An end as the options have it: `until` as it is, or `duration` after `begin`.
std::string end_of(const std::string& until, const std::string& duration, Timestamp begin)
{
    if (!until.empty()) return until;
    const auto length = parse_iso8601_duration(duration).value();
    if (begin > kLatestTime - length) throw WrongUsage("--for: the end must be a time " + std::string(kTimeRange));
    return format_rfc3339(begin + length);
}

Timestamp now()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void print_state(const json& silence)
{
    std::cout << silence.at("id").get<std::string>() << " is " << silence.at("state").get<std::string>() << " until "
              << silence.at("ends_at").get<std::string>() << '\n';
}

struct AddArguments {
    Connection connection;
    ScopeOptions scope;
    std::string from, until, duration, quiet, comment;
    bool dry_run = false, everything = false;
};

/// "1 live ticket", "2 live tickets".
std::string counted(const json& hits, const std::string& what)
{
    const auto count = hits.at("count").get<std::size_t>();
    return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

void print_preview(const json& preview)
{
    const auto& tickets = preview.at("tickets");
    const auto unseen = tickets.value("unseen", std::vector<std::string>());
    std::cout << "would keep quiet: ";
    if (unseen.empty()) std::cout << counted(tickets, "live ticket") << ", ";
    std::cout << counted(preview.at("alerts"), "alert") << " of the last hour (nothing was made)\n";
    if (!unseen.empty()) {
        std::cout << "which live tickets cannot be said: tickets do not have ";
        for (const auto& field : unseen) std::cout << (&field == &unseen.front() ? "" : ", ") << for_terminal(field);
        std::cout << '\n';
    }
    for (const auto& ticket : tickets.at("items")) {
        std::cout << "  #" << ticket.at("number") << ' ' << for_terminal(ticket.at("title").get<std::string>()) << '\n';
    }
}

int add(AddArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const auto begin = arguments.from.empty() ? now() : parse_rfc3339(arguments.from).value();
    json body{{"comment", arguments.comment}, {"ends_at", end_of(arguments.until, arguments.duration, begin)}};
    arguments.scope.write(body);
    if (!arguments.from.empty()) body["starts_at"] = arguments.from;
    if (!arguments.quiet.empty()) body["end_when_quiet"] = arguments.quiet;
    const auto path = arguments.dry_run ? "/api/v1/silences/preview" : with_everything(kPath, arguments.everything);
    auto typed = ScopeOptions::typed();
    typed.insert(typed.end(), {{"/ends_at", arguments.until.empty() ? "--for" : "--until"},
                               {"/starts_at", "--from"},
                               {"/end_when_quiet", "--end-when-quiet"},
                               {"/comment", "--comment"}});
    const auto answer =
        call_or_fail(arguments.connection, {.method = "POST", .path = path, .body = body.dump(), .typed = typed})
            .json();
    print_warnings(answer, typed);
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else if (arguments.dry_run) {
        print_preview(answer);
    } else {
        print_state(answer);
    }
    return 0;
}

struct ExtendArguments {
    Connection connection;
    std::string id, until, duration;
};

/// From now on, or to an instant: an operator knows how long the work will still take.
int extend(ExtendArguments& arguments)
{
    complete(arguments.connection, As::admin);
    const json body{{"ends_at", end_of(arguments.until, arguments.duration, now())}};
    const auto answer =
        call_or_fail(arguments.connection,
                     {.method = "PATCH",
                      .path = kSilence.path + '/' + find_id(arguments.connection, kSilence, arguments.id),
                      .body = body.dump(),
                      .content_type = "application/merge-patch+json",
                      .typed = {{"/ends_at", arguments.until.empty() ? "--for" : "--until"}},
                      .missing = no_such(kSilence, arguments.id)})
            .json();
    if (arguments.connection.json) {
        std::cout << json_text(answer) << '\n';
    } else {
        print_state(answer);
    }
    return 0;
}

void add_extend(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("extend", "Let a silence end later, or earlier");
    auto arguments = std::make_shared<ExtendArguments>();
    arguments->connection.add_options(*command);
    command->add_option("ID", arguments->id, "Its id")->required();
    auto* until = command->add_option("--until", arguments->until, "When it ends: 2026-11-23T06:00:00Z")->time();
    command->add_option("--for", arguments->duration, "How long from now: PT2H, P1D")->excludes(until)->duration();
    command->footer("Example:\n  winnow silence extend 0199c0de-0000-7000-8000-000000000001 --for PT1H");
    command->callback([&chosen, arguments] {
        if (arguments->duration.empty() && arguments->until.empty()) fail_required("--for or --until");
        chosen = [arguments] {
            return extend(*arguments);
        };
    });
}

void add_add(Syntax& group, Command& chosen)
{
    auto* command = group.add_subcommand("add", "Keep quiet what matches, for a while");
    auto arguments = std::make_shared<AddArguments>();
    arguments->connection.add_options(*command);
    arguments->scope.add(*command);
    auto* until = command->add_option("--until", arguments->until, "When it ends: 2026-11-23T06:00:00Z")->time();
    command->add_option("--for", arguments->duration, "How long: PT2H, P1D")->excludes(until)->duration();
    command->add_option("--from", arguments->from, "When it begins; without it at once")->time();
    command->add_option("--comment", arguments->comment, "Why; shown on the tickets")->required();
    command->add_option("--end-when-quiet", arguments->quiet, "End by itself after covering nothing for so long: PT1H")
        ->duration();
    command->add_flag("--dry-run", arguments->dry_run, "Only say what it would hit now");
    add_everything_option(*command, arguments->everything);
    command->footer("Example:\n  winnow silence add --matchers 'source=\"db-7\"' --for PT2H --comment 'new disks'");
    command->callback([&chosen, arguments] {
        arguments->scope.check();
        if (arguments->duration.empty() && arguments->until.empty()) fail_required("--for or --until");
        chosen = [arguments] {
            return add(*arguments);
        };
    });
}

}  // namespace

void add_silence_commands(Syntax& root, Command& chosen)
{
    auto* group = root.add_subcommand("silence", "Keep alerts quiet for a while");
    group->require_subcommand();
    add_add(*group, chosen);

    add_extend(*group, chosen);
    add_list_command(*group, chosen,
                     {.description = "List silences, newest first",
                      .path = kPath,
                      .head = {"ID", "STATE", "ENDS AT", "HITS", "MATCHERS OR CONDITION", "COMMENT"},
                      .row = row,
                      .states = domain::listed(domain::silence_states(), " or "),
                      .example = "winnow silence list --state active"});
    add_delete_command(*group, chosen,
                       {.name = "expire",
                        .description = "End silences at once",
                        .kind = kSilence,
                        .done = "is expired",
                        .example = "winnow silence expire 0199c0de-0000-7000-8000-000000000001"});
}

}  // namespace winnow::cli
