#include "cli/rules/backtest_report.hpp"

#include "cli/shown/table.hpp"
#include "winnow/cli/terminal_text.hpp"
#include "winnow/domain/backtest.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

namespace winnow::cli {

namespace {

using nlohmann::json;

bool is_finished(const json& backtest)
{
    using domain::BacktestState;
    const auto state = domain::parse_backtest_state(backtest.at("state").get_ref<const std::string&>());
    return state != BacktestState::queued && state != BacktestState::running;
}

void print_progress(const json& backtest)
{
    const auto& progress = backtest.at("progress");
    std::cerr << "\r\033[K" << backtest.at("state").get<std::string>() << ": " << progress.at("alerts_read") << " of "
              << progress.at("alerts_total") << " alerts";
    if (progress.at("rate") > 0) std::cerr << ", " << progress.at("rate") << "/s";
    std::cerr << std::flush;
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

}  // namespace

json wait_for_backtest(const Connection& connection, json backtest)
{
    constexpr std::chrono::milliseconds kFirstPause{50};
    constexpr std::chrono::milliseconds kLongestPause{500};
    const bool terminal = isatty(STDERR_FILENO) == 1;
    const auto path = std::string(kBacktestsPath) + '/' + backtest.at("id").get<std::string>();
    for (auto pause = kFirstPause; !is_finished(backtest); pause = std::min(pause * 2, kLongestPause)) {
        if (terminal) print_progress(backtest);
        std::this_thread::sleep_for(pause);
        backtest = call_or_fail(connection, {.path = path}).json();
    }
    if (terminal) std::cerr << "\r\033[K" << std::flush;
    return backtest;
}

int print_backtest(const json& backtest)
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
    if (backtest.at("error").is_string()) std::cerr << ": " << for_terminal(backtest.at("error").get<std::string>());
    std::cerr << '\n';
    return 1;
}

}  // namespace winnow::cli
