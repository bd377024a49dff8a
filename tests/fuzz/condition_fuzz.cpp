/// @file
/// Any text as a condition in each syntax: compiled or refused, evaluated within its budget, and written back so that
/// it means the same; what is refused from storage is refused from a person, too.

#include "winnow/expr/check.hpp"
#include "winnow/expr/condition.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace winnow;

domain::Alert sample()
{
    domain::Alert alert;
    alert.title = "disk 93% full on db-7";
    alert.source = "db-7";
    alert.labels.set("env", "prod");
    alert.details = R"({"free": 7, "volumes": ["/", "/var"]})";
    return alert;
}

std::string outcome(const expr::Expression& expression, const domain::Alert& alert)
{
    expr::Budget budget;
    const auto value = expression.evaluate(expr::names_of(alert, {}), budget);
    return value.is_error() ? "error" : expr::to_text(value);
}

void require(bool holds)
{
    if (!holds) std::abort();
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
