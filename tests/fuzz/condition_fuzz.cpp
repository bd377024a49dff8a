/// @file
/// Any text as a condition in each syntax: compiled or refused, evaluated within its budget, and written back so that
/// it means the same; what is refused from storage is refused from a person, too. No step of the budget stands for more
/// than it may: a coarse bound here, for sanitizers are slow and machines differ (`cost_search` has the fine one).

#include "winnow/expr/check.hpp"
#include "winnow/expr/condition.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace {

using namespace winnow;

std::string repeated(std::string_view item, std::size_t count)
{
    std::string all(item);
    for (std::size_t i = 1; i < count; ++i) all.append(1, ',').append(item);
    return all;
}

/// Long enough for what is not paid for to show.
domain::Alert sample()
{
    domain::Alert alert;
    alert.title = "disk 93% full on db-7";
    alert.source = "db-7";
    alert.labels.set("env", "prod");
    alert.description = std::string(8'000, 'a');
    alert.details = R"({"free": 7, "volumes": ["/", "/var"], "a": [)" + repeated("1", 2'000) + R"(], "b": [)" +
                    repeated(R"("x")", 1'000) + "]}";
    return alert;
}

void require(bool holds)
{
    if (!holds) std::abort();
}

double thread_nanos()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::string outcome(const expr::Expression& expression, const domain::Alert& alert)
{
    constexpr double kMostNanos = 2'000;  // a step; fifty times what it stands for
    constexpr double kEntering = 1'000;   // steps
    std::string gives;
    bool dear = true;
    for (int tries = 0; tries < 3 && dear; ++tries) {  // a neighbour's load is no finding
        expr::Budget budget;
        const auto before = budget.steps;
        const auto start = thread_nanos();
        const auto value = expression.evaluate(expr::names_of(alert, {}), budget);
        const auto nanos = thread_nanos() - start;
        dear = nanos > kMostNanos * (static_cast<double>(before - budget.steps + budget.beside) + kEntering);
        gives = value.is_error() ? "error" : expr::start_of_text(value, 4'096).text;
    }
    require(!dear);
    return gives;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto alert = sample();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto syntax : {domain::RuleSyntax::cel, domain::RuleSyntax::matchers, domain::RuleSyntax::keywords}) {
        const auto condition = expr::compile_condition(text, syntax);
        const auto checked = expr::check_condition(text, syntax);
        require(condition.has_value() || !checked.has_value());
        if (!condition) {
            require(!condition.error().message().empty());
            continue;
        }
        const auto gives = outcome(*condition, alert);
        // What is written may be longer than what a person may save, so it is read back without those limits.
        const expr::Limits unlimited{.max_bytes = 1U << 20U,
                                     .max_depth = 200,
                                     .max_leaves = 10'000,
                                     .max_literal_bytes = 1U << 16U,
                                     .max_list = 10'000};
        const auto written = expr::to_cel(condition->root());
        const auto again = expr::Expression::parse(written, unlimited, expr::is_alert_name);
        require(again.has_value());
        require(outcome(*again, alert) == gives);
    }
    return 0;
}
