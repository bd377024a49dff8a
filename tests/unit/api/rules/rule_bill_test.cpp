#include "api/rules/rule_bill.hpp"

#include "api/rules/rule_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace winnow::api {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// `count` matchers, none like another of any rule, and `last`.
json a_rule(int number, int count, const std::string& last)
{
    std::string condition;
    for (int i = 0; i < count; ++i) condition += "a=~\"" + std::to_string(number * count + i) + "\",";
    return {{"name", "r" + std::to_string(number)},
            {"condition", condition + last},
            {"actions", json::array({{{"type", "suppress"}}})}};
}

struct Read {
    int rules = 0;
    std::vector<FieldError> errors;  ///< Of the rules.
    std::optional<Error> ended;
};

/// As long lists are read.
Read read_all(int rules, int matchers, const std::string& last, const domain::TenantLimits& limits)
{
    const ReadingBounds bounds{.limits = limits, .given_up = {}};
    RuleBill bill(bounds);
    Read read;
    while (read.rules < rules && !read.ended) {
        const auto number = read.rules++;
        const auto pointer = "/rules/" + std::to_string(number);
        const auto input = read_rule(a_rule(number, matchers, last), pointer, read.errors);
        read.ended = bill.add(input.rule, pointer);
    }
    return read;
}

TEST(RuleBill, WhatWrongRulesHadCompiledIsBilled)
{
    const auto read = read_all(40, 500, "a=~\"(\"", {});
    ASSERT_TRUE(read.ended) << "20,000 patterns were kept";
    EXPECT_LT(read.rules, 20);
    ASSERT_EQ(read.ended->fields().size(), 1U);
    EXPECT_EQ(read.ended->fields()[0].pointer, "/rules/" + std::to_string(read.rules - 1));
    EXPECT_THAT(read.ended->fields()[0].detail,
                HasSubstr("bytes compiled, those of wrong rules, too; that is as many as a tenant's may "
                          "(tenants.max_rule_patterns, tenants.max_pattern_instructions)"));
}

TEST(RuleBill, RulesThatATenantMayHaveAreReadToTheirEnd)
{
    domain::TenantLimits limits;
    const auto read = read_all(25, 200, "", limits);
    EXPECT_FALSE(read.ended);
    EXPECT_EQ(read.rules, 25);
    EXPECT_TRUE(read.errors.empty()) << read.errors[0].detail;
}

}  // namespace
}  // namespace winnow::api
