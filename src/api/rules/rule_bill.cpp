#include "api/rules/rule_bill.hpp"

#include "api/rest/route.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {

namespace {

/// Where what is too much stands.
std::string field_of(domain::Rule rule)
{
    rule.actions.clear();
    return rules::cost_of(rule).regexes > 0 ? "/condition" : "/actions";
}

std::string too_many_bytes(std::size_t most)
{
    return "the regular expressions of one request's rules would take more than " + std::to_string(most) +
           " bytes compiled, those of wrong rules, too; that is as many as a tenant's may (tenants.max_rule_patterns, "
           "tenants.max_pattern_instructions); where no pattern is needed, use ==, in, startsWith or contains";
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

std::size_t most_pattern_bytes(const domain::TenantLimits& limits) noexcept
{
    constexpr std::size_t kAtLeast = std::size_t{32} << 20U;
    return std::max(kAtLeast, rules::pattern_bytes(limits.max_rule_patterns, limits.max_pattern_instructions));
}

RuleBill::RuleBill(const ReadingBounds& bounds)
    : bounds_(bounds),
      patterns_(most_pattern_bytes(bounds.limits), too_many_bytes(most_pattern_bytes(bounds.limits)),
                [this]() -> std::size_t {
                    const auto& kept = stored();
                    return kept ? rules::pattern_bytes(kept->regexes, kept->instructions) : 0;
                })
{
}

const Result<rules::Cost>& RuleBill::stored()
{
    if (!stored_) stored_ = bounds_.stored ? bounds_.stored() : Result<rules::Cost>(rules::Cost{});
    return *stored_;
}

std::optional<Error> RuleBill::add(const domain::Rule& rule, const std::string& pointer)
{
    if (bounds_.given_up && bounds_.given_up()) {
        return Error(ErrorCode::timeout, "nobody waited for the answer any more");
    }
    cost_ += rules::pattern_cost_of(rule);
    auto why = rules::too_many_patterns(cost_, bounds_.limits);
    if (why) {
        const auto& kept = stored();
        if (!kept) return kept.error();
        why = rules::too_many_patterns(cost_, bounds_.limits, *kept);
    }
    if (why) {
        return Error(std::vector<FieldError>{
            {.pointer = pointer + field_of(rule), .detail = "up to and with this one " + *std::move(why)}});
    }
    if (!patterns_.is_met()) return std::nullopt;
    if (!stored()) return stored().error();
    const auto most = most_pattern_bytes(bounds_.limits);
    return Error(std::vector<FieldError>{
        {.pointer = pointer, .detail = "the rules are read up to this one: " + too_many_bytes(most)}});
}

}  // namespace winnow::api
