/// ./dev bench rules: what matching one alert against all rules of a tenant costs.

#include "bench/rules_workload.hpp"
#include "winnow/rules/rule_set.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace winnow::bench {

namespace {

using rules::RuleSet;
using Clock = std::chrono::steady_clock;

constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

/// Alertmanager 0.25, dispatch.Route.Match over flat routes of three matchers each; measured once on the machine that
/// our own first measurements were made on. Its rules are simpler than ours.
constexpr std::pair<std::size_t, double> kAlertmanager[] = {
    {10, 0.41}, {100, 5.3}, {1'000, 65}, {10'000, 970}, {100'000, 26'200}};

double ms_since(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Row {
    std::string workload;
    std::size_t rules = 0;
    std::string engine;
    double us_per_alert = 0;
    double ratio = 1;                     ///< To the index on the same workload.
    std::optional<double> build_ms = {};  ///< After an edit of one rule.
    std::optional<double> cold_ms = {};   ///< From the rules' texts.
    std::optional<std::size_t> bytes = {};
};

class Table {
public:
    explicit Table(bool json) : json_(json)
    {
        if (!json_) {
            std::printf("%-14s %8s  %-22s %12s %10s %10s %10s %10s\n", "workload", "rules", "engine", "us/alert",
                        "ratio", "rebuild ms", "cold ms", "index MB");
        }
    }

    void add(const Row& row) const
    {
        constexpr double kMega = 1e6;
        const auto number = [&](const std::optional<double>& value, const char* format, const char* none) {
            char text[32] = {};
            if (value) std::snprintf(text, sizeof text, format, *value);
            return std::string(value ? text : none);
        };
        const auto bytes = row.bytes ? std::optional(static_cast<double>(*row.bytes)) : std::nullopt;
        if (json_) {
            std::printf(R"({"workload":"%s","rules":%zu,"engine":"%s","us_per_alert":%.3f,"ratio":%.2f,"build_ms":%s,)"
                        R"("cold_build_ms":%s,"bytes":%s})"
                        "\n",
                        row.workload.c_str(), row.rules, row.engine.c_str(), row.us_per_alert, row.ratio,
                        number(row.build_ms, "%.3f", "null").c_str(), number(row.cold_ms, "%.3f", "null").c_str(),
                        number(bytes, "%.0f", "null").c_str());
        } else {
            const auto mega = bytes ? std::optional(*bytes / kMega) : std::nullopt;
            std::printf("%-14s %8zu  %-22s %12.2f %10.1f %10s %10s %10s\n", row.workload.c_str(), row.rules,
                        row.engine.c_str(), row.us_per_alert, row.ratio, number(row.build_ms, "%.2f", "").c_str(),
                        number(row.cold_ms, "%.1f", "").c_str(), number(mega, "%.2f", "").c_str());
        }
        std::fflush(stdout);
    }

private:
    bool json_;
};

/// The best of several passes over the alerts, in microseconds an alert; `matches` counts one pass's.
double measure(const RuleSet& rules, std::span<domain::Alert> alerts, double most_ms, std::size_t& matches)
{
    double best = 0;
    const auto begin = Clock::now();
    constexpr int kMostPasses = 60;
    for (int pass = 0; pass < kMostPasses && (pass == 0 || ms_since(begin) < most_ms); ++pass) {
        matches = 0;
        const auto start = Clock::now();
        for (auto& alert : alerts) matches += rules.evaluate(alert, kNow).matches.size();  // routes change no alert
        const auto us = ms_since(start) * 1'000 / static_cast<double>(alerts.size());
        if (pass == 0 || us < best) best = us;
    }
    return best;
}

/// All rules interpreted, some thousands at a time so that their trees need not all be there at once.
double measure_plain(const std::vector<domain::Rule>& rules, std::span<domain::Alert> alerts, std::size_t& matches)
{
    constexpr std::size_t kAtATime = 10'000;
    constexpr double kMostMs = 400;
    double total = 0;
    matches = 0;
    for (std::size_t first = 0; first < rules.size(); first += kAtATime) {
        const auto begin = rules.begin() + static_cast<std::ptrdiff_t>(first);
        const auto count = std::min(kAtATime, rules.size() - first);
        const auto plain = RuleSet::compile_plain({begin, begin + static_cast<std::ptrdiff_t>(count)});
        std::size_t part = 0;
        total += measure(*plain, alerts, kMostMs, part);
        matches += part;
    }
    return total;
}

/// After an edit of one rule in the middle.
double rebuild_ms(const std::vector<domain::Rule>& rules, std::shared_ptr<const RuleSet> before)
{
    auto edited = rules;
    double best = 0;
    constexpr int kEdits = 5;
    for (int edit = 0; edit < kEdits; ++edit) {
        edited[edited.size() / 2].condition = "labels.edit == \"" + std::to_string(edit) + "\"";
        const auto start = Clock::now();
        auto after = RuleSet::compile(edited, before.get());
        const auto ms = ms_since(start);
        if (edit == 0 || ms < best) best = ms;
        before = std::move(after);
    }
    return best;
}

bool bench_one_tenant(const Table& table, const std::string& name, Shape shape, std::size_t count, bool with_plain)
{
    constexpr std::size_t kAlerts = 400;
    Workload workload(count, kAlerts, shape);
    Row row{.workload = name, .rules = count, .engine = "index"};
    const auto start = Clock::now();
    const auto indexed = RuleSet::compile(workload.rules());
    row.cold_ms = ms_since(start);
    std::size_t matches = 0;
    constexpr double kMostMs = 1'500;
    row.us_per_alert = measure(*indexed, workload.alerts(), kMostMs, matches);
    row.build_ms = rebuild_ms(workload.rules(), indexed);
    row.bytes = indexed->index_bytes();
    table.add(row);
    const auto index_us = row.us_per_alert;

    bool agree = true;
    if (with_plain) {
        const auto sample = std::span(workload.alerts()).first(std::clamp<std::size_t>(200'000 / count, 8, kAlerts));
        std::size_t plain_matches = 0;
        const auto plain_us = measure_plain(workload.rules(), sample, plain_matches);
        table.add({.workload = name,
                   .rules = count,
                   .engine = "plain interpreter",
                   .us_per_alert = plain_us,
                   .ratio = plain_us / index_us});
        std::size_t index_matches = 0;
        measure(*indexed, sample, 0, index_matches);
        agree = index_matches == plain_matches;
        if (!agree)
            std::fprintf(stderr, "%s: %zu matches, the interpreter has %zu\n", name.c_str(), index_matches,
                         plain_matches);
    }
    if (shape != Shape::realistic) return agree;
    for (const auto& [rules, us] : kAlertmanager) {
        if (rules != count) continue;
        table.add({.workload = name,
                   .rules = count,
                   .engine = "Alertmanager (published)",
                   .us_per_alert = us,
                   .ratio = us / index_us});
    }
    return agree;
}

/// Alerts of many tenants in any order: caches are cold for most of them.
void bench_tenants(const Table& table, std::size_t tenants, std::size_t rules)
{
    struct Tenant {
        std::shared_ptr<const RuleSet> rules;
        std::vector<domain::Alert> alerts;
    };
    constexpr std::size_t kAlerts = 8;
    std::vector<Tenant> all;
    Row row{.workload = std::to_string(tenants) + " tenants", .rules = rules, .engine = "index"};
    row.bytes = 0;
    for (std::size_t i = 0; i < tenants; ++i) {
        Workload workload(rules, kAlerts, Shape::realistic, 1'000 + i);
        all.push_back({RuleSet::compile(workload.rules()), std::move(workload.alerts())});
        *row.bytes += all.back().rules->index_bytes();
    }
    Random random(5);
    constexpr std::size_t kEvaluations = 40'000;
    std::vector<std::pair<std::size_t, std::size_t>> order;
    for (std::size_t i = 0; i < kEvaluations; ++i) order.emplace_back(random.below(tenants), random.below(kAlerts));
    constexpr int kPasses = 5;
    for (int pass = 0; pass < kPasses; ++pass) {
        const auto start = Clock::now();
        for (const auto& [tenant, alert] : order) {
            static_cast<void>(all[tenant].rules->evaluate(all[tenant].alerts[alert], kNow));
        }
        const auto us = ms_since(start) * 1'000 / kEvaluations;
        if (pass == 0 || us < row.us_per_alert) row.us_per_alert = us;
    }
    table.add(row);
}

constexpr const char* kUsage =
    "Usage: ./dev bench rules [--json] [--quick]\n"
    "Matches alerts against 10 to 100,000 rules: by the index, by a plain interpreter, beside what Alertmanager "
    "needs.\n"
    "--json: one object a line. --quick: no interpreter, nothing above 10,000 rules.\n";

int run(std::span<char*> arguments)
{
    bool json = false;
    bool quick = false;
    for (const std::string_view argument : arguments) {
        if (argument == "--json") {
            json = true;
        } else if (argument == "--quick") {
            quick = true;
        } else {
            std::fputs(kUsage, argument == "--help" || argument == "-h" ? stdout : stderr);
            return argument == "--help" || argument == "-h" ? 0 : 2;
        }
    }
    const Table table(json);
    bool agree = true;
    for (const std::size_t count : {10UL, 100UL, 1'000UL, 10'000UL, 100'000UL}) {
        if (quick && count > 10'000) continue;
        agree = bench_one_tenant(table, "realistic", Shape::realistic, count, !quick) && agree;
    }
    agree = bench_one_tenant(table, "broad-text", Shape::broad_text, 10'000, !quick) && agree;
    agree = bench_one_tenant(table, "narrow-range", Shape::narrow_range, 10'000, !quick) && agree;
    if (!quick) bench_tenants(table, 2'000, 100);
    return agree ? 0 : 1;
}

}  // namespace

}  // namespace winnow::bench

int main(int count, char** arguments)
{
    return winnow::bench::run(std::span(arguments, static_cast<std::size_t>(count)).subspan(1));
}
