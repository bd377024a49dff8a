#include "api/analysis/rule_bill.hpp"

#include "api/route.hpp"

#include <utility>

namespace winnow::api {

namespace {

/// Where what is too much stands.
std::string field_of(domain::Rule rule)
{
    rule.actions.clear();
    return rules::cost_of(rule).regexes > 0 ? "/condition" : "/actions";
}

}  // namespace

ReadingBounds bounds_of(const Call& call)
{
    return {.limits = call.services.tenant_limits, .given_up = [&call] {
                return call.is_given_up();
            }};
}

rules::Cost cost_of_all(const std::vector<domain::Rule>& rules)
{
    rules::Cost cost;
    for (const auto& rule : rules) cost += rules::cost_of(rule);
    return cost;
}

std::optional<Error> RuleBill::add(const domain::Rule& rule, const std::string& pointer)
{
    if (bounds_.given_up && bounds_.given_up()) {
        return Error(ErrorCode::timeout, "nobody waited for the answer any more");
    }
    cost_ += rules::pattern_cost_of(rule);
    auto why = rules::too_many_patterns(cost_, bounds_.limits, stored_.value_or(rules::Cost{}));
    if (!why) return std::nullopt;
    if (!stored_ && bounds_.stored) {
        const auto stored = bounds_.stored();
        if (!stored) return stored.error();
        stored_ = *stored;
        why = rules::too_many_patterns(cost_, bounds_.limits, *stored);
        if (!why) return std::nullopt;
    }
    return Error(std::vector<FieldError>{
        {.pointer = pointer + field_of(rule), .detail = "up to and with this one " + *std::move(why)}});
}

}  // namespace winnow::api
