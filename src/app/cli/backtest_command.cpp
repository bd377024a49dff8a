#include "app/cli/commands.hpp"
#include "app/cli/rest_client.hpp"
#include "app/cli/table.hpp"
#include "app/cli/yaml_document.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <thread>

namespace winnow::app::cli {

namespace {

using nlohmann::json;

constexpr auto kPath = "/api/v1/rules/backtests";

struct Arguments {
    Connection connection;
    std::string file, rule_id, from, until;
    std::int64_t days = 0;
    std::int64_t max_alerts = 0;
    bool no_wait = false;
};

/// A single rule, a list, or {rules: […]}.
void add_draft(json& body, const Arguments& arguments)
{
    if (!arguments.rule_id.empty()) {
        body["rule_id"] = arguments.rule_id;
        return;
    }
    auto document = read_document(arguments.file);
    if (document.is_array()) {
        body["ruleset"] = std::move(document);
    } else if (document.is_object() && document.contains("rules")) {
        body["ruleset"] = document.at("rules");
    } else {
        body["rule"] = std::move(document);
    }
}

bool is_finished(const json& backtest)
{
    const auto& state = backtest.at("state").get_ref<const std::string&>();
    return state != "queued" && state != "running";
}

void print_progress(const json& backtest)
{
    const auto& progress = backtest.at("progress");
    std::cerr << "\r\033[K" << backtest.at("state").get<std::string>() << ": " << progress.at("alerts_read") << " of "
              << progress.at("alerts_total") << " alerts";
    if (progress.at("rate") > 0) std::cerr << ", " << progress.at("rate") << "/s";
    std::cerr << std::flush;
}

json wait_for_end(const Connection& connection, json backtest)
{
    constexpr std::chrono::milliseconds kFirstPause{50};
    constexpr std::chrono::milliseconds kLongestPause{500};
    const bool terminal = isatty(STDERR_FILENO) == 1;
    const auto path = std::string(kPath) + '/' + backtest.at("id").get<std::string>();
    for (auto pause = kFirstPause; !is_finished(backtest); pause = std::min(pause * 2, kLongestPause)) {
        if (terminal) print_progress(backtest);
        std::this_thread::sleep_for(pause);
        backtest = call_or_fail(connection, {.path = path}).json();
    }
    if (terminal) std::cerr << "\r\033[K" << std::flush;
    return backtest;
}

void print_counts(const json& result)
{
    Table table({"ALERTS", "LIVE", "DRAFT"});
    for (const auto* what : {"matched", "dropped", "suppressed", "held", "told"}) {
        table.add({what, result.at("live").at(what).dump(), result.at("draft").at(what).dump()});
    }
    table.print(std::cout, standard_output_takes_colour());
}

void print_differences(const json& difference)
{
    // In the order of what hurts most.
    constexpr std::array kKinds{"newly_dropped",    "no_longer_dropped",    "newly_told", "no_longer_told",
                                "newly_suppressed", "no_longer_suppressed", "newly_held", "no_longer_held",
                                "severity_changed", "route_changed"};
    Table table({"DIFFERENCE", "ALERTS"});
    for (const auto* kind : kKinds) {
        if (difference.at(kind).at("count") == 0) continue;
        table.add({kind, difference.at(kind).at("count").dump()});
    }
    std::cout << '\n';
    table.print(std::cout, standard_output_takes_colour());
    for (const auto* kind : kKinds) {
        const auto& samples = difference.at(kind).at("samples");
        if (samples.empty()) continue;
        std::cout << '\n' << kind << ", the first " << samples.size() << ":\n";
        Table alerts({"RECEIVED AT", "LIVE", "DRAFT", "TITLE"});
        for (const auto& sample : samples) {
            const auto side = [&](const char* name) {
                const auto& outcome = sample.at(name);
                const auto severity = outcome.at("severity").get<std::string>();
                return outcome.at("fate").get<std::string>() + " (" + severity + ')';
            };
            alerts.add({sample.at("received_at"), side("live"), side("draft"), sample.at("title")});
        }
        alerts.print(std::cout, standard_output_takes_colour());
    }
}

bool differs(const json& difference)
{
    return std::ranges::any_of(difference, [](const json& kind) { return kind.at("count") != 0; });
}

int print(const json& backtest)
{
    const auto state = backtest.at("state").get<std::string>();
    const auto& progress = backtest.at("progress");
    const auto& result = backtest.at("result");
    std::cout << backtest.at("draft_rules") << " rules beside the live " << backtest.at("live_rules") << " on "
              << progress.at("alerts_read") << " alerts from " << backtest.at("from").get<std::string>() << " to "
              << backtest.at("until").get<std::string>() << " (" << progress.at("rate") << "/s)\n";
    if (!result.is_null()) {
        if (state == "done" && !result.at("complete")) {
            std::cout << "there are more: read up to " << result.at("read_until").get<std::string>()
                      << "; raise --max-alerts\n";
        }
        if (result.at("draft_failures") != 0) {
            std::cout << "the draft failed " << result.at("draft_failures") << " times on alerts\n";
        }
        std::cout << '\n';
        print_counts(result);
        if (differs(result.at("difference"))) {
            print_differences(result.at("difference"));
        } else {
            std::cout << "\nno alert would have fared otherwise\n";
        }
    }
    if (state == "done") return 0;
    std::cerr << "the back-test was " << (state == "failed" ? "not finished" : state);
    if (backtest.at("error").is_string()) std::cerr << ": " << backtest.at("error").get<std::string>();
    std::cerr << '\n';
    return 1;
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
    auto started = call_or_fail(arguments.connection, {.method = "POST", .path = kPath, .body = body.dump()}).json();
    if (!arguments.no_wait) started = wait_for_end(arguments.connection, std::move(started));
    if (arguments.connection.json) {
        std::cout << started.dump(2) << '\n';
        return arguments.no_wait || started.at("state") == "done" ? 0 : 1;
    }
    if (arguments.no_wait) {
        std::cout << started.at("id").get<std::string>() << " is " << started.at("state").get<std::string>() << '\n';
        return 0;
    }
    return print(started);
}

}  // namespace

void add_backtest_command(CLI::App& rules, Command& chosen)
{
    auto* command = rules.add_subcommand("backtest", "Say what draft rules would have made of past alerts");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    auto* id = command->add_option("--rule-id", arguments->rule_id, "A stored rule, as if it were enabled and live");
    command
        ->add_option(
            "FILE", arguments->file,
            "YAML or JSON: a rule that joins the live ones, or a whole rule set as `rules apply` takes it; - is "
            "standard input")
        ->excludes(id);
    auto* from = command->add_option("--from", arguments->from, "The first alerts: 2026-11-16T06:00:00Z");
    command->add_option("--until", arguments->until, "The last alerts; without it those of now");
    command->add_option("--days", arguments->days, "So many days up to then (default 7)")
        ->check(CLI::PositiveNumber)
        ->excludes(from);
    command->add_option("--max-alerts", arguments->max_alerts, "Read no more than so many (default 2,000,000)")
        ->check(CLI::PositiveNumber);
    command->add_flag("--no-wait", arguments->no_wait, "Only start it");
    command->footer("Example:\n  winnow rules backtest draft.yaml --days 14");
    command->callback([&chosen, arguments] {
        // Not an option group: it would be a nameless command in help and completion.
        if (arguments->file.empty() && arguments->rule_id.empty()) throw CLI::RequiredError("FILE or --rule-id");
        chosen = [arguments] {
            return backtest(*arguments);
        };
    });
}

}  // namespace winnow::app::cli
