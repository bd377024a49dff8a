/// Random rules over random alerts: the index finds what a plain loop finds, changes of the alert in between included.

#include "unit/rules/random_rules.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace winnow::rules {

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise)
{
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Outcome {
    domain::Alert alert;
    Evaluation evaluation;

    Outcome(const RuleSet& rules, domain::Alert from) : alert(std::move(from))
    {
        evaluation = rules.evaluate(alert, kNow);
    }

    friend bool operator==(const Outcome& a, const Outcome& b)
    {
        return a.alert == b.alert && a.evaluation.matches == b.evaluation.matches &&
               a.evaluation.dropped == b.evaluation.dropped && a.evaluation.suppressed == b.evaluation.suppressed &&
               a.evaluation.route == b.evaluation.route && a.evaluation.shadows == b.evaluation.shadows;
    }
};

/// How many rules the evaluation came to.
std::size_t reached(const Outcome& outcome, const std::vector<domain::Rule>& rules)
{
    if (outcome.evaluation.matches.empty()) return rules.size();
    const auto last = std::ranges::find(rules, outcome.evaluation.matches.back().rule_id, &domain::Rule::id);
    if (!outcome.evaluation.dropped && !last->stop) return rules.size();
    return static_cast<std::size_t>(last - rules.begin()) + 1;
}

std::string shown(const std::vector<domain::Rule>& rules, const Outcome& plain, const Outcome& indexed)
{
    const auto& a = plain.evaluation.matches;
    const auto& b = indexed.evaluation.matches;
    const auto [x, y] = std::ranges::mismatch(a, b);
    std::string text;
    if (x != a.end()) text += "plain: " + std::ranges::find(rules, x->rule_id, &domain::Rule::id)->condition + "\n";
    if (y != b.end()) text += "index: " + std::ranges::find(rules, y->rule_id, &domain::Rule::id)->condition + "\n";
    return text;
}

}  // namespace

TEST(Differential, TheIndexFindsWhatThePlainLoopFinds)
{
    const auto seed = number_from("WINNOW_DIFF_SEED", 20'261'123);
#ifdef NDEBUG
    constexpr std::uint64_t kPairs = 1'000'000;
#else
    constexpr std::uint64_t kPairs = 100'000;  // unoptimised code is that much slower
#endif
    const auto wanted = number_from("WINNOW_DIFF_PAIRS", kPairs);
    RandomRules random(seed);
    std::size_t pairs = 0;
    std::size_t matches = 0;
    std::size_t mismatches = 0;
    constexpr std::array<std::size_t, 4> kSizes = {8, 60, 250, 1'000};
    for (std::size_t round = 0; pairs < wanted && mismatches == 0; ++round) {
        const auto rules = random.rules(kSizes[round % kSizes.size()]);
        const auto plain = RuleSet::compile_plain(rules);
        const auto indexed = RuleSet::compile(rules);
        ASSERT_EQ(plain->size(), rules.size());
        for (int i = 0; i < 100 && pairs < wanted; ++i) {
            const auto alert = random.alert();
            const Outcome a(*plain, alert);
            const Outcome b(*indexed, alert);
            pairs += reached(a, rules);
            matches += a.evaluation.matches.size();
            if (a == b) continue;
            ++mismatches;
            ADD_FAILURE() << "seed " << seed << ", round " << round << ", alert " << i << "\n" << shown(rules, a, b);
            break;
        }
    }
    std::cout << "seed " << seed << ": " << pairs << " pairs of rule and alert, " << matches << " matches, "
              << mismatches << " mismatches\n";
    EXPECT_GT(matches, pairs / 100) << "rules that never match prove nothing";
    EXPECT_LT(matches, pairs / 2);
}

TEST(Differential, ManyRulesOnOneValueAndManyOfOneKind)
{
    RandomRules random(7);
    std::vector<domain::Rule> rules;
    for (std::int32_t i = 0; i < 1'500; ++i) {
        const auto n = std::to_string(i % 300);
        auto rule = make_rule(i, "", {domain::RouteAction{{group_id(1 + random.below(3))}}});
        rule.syntax = domain::RuleSyntax::cel;
        switch (i % 5) {
            case 0: rule.condition = R"(source == "web-1.example.jp" && details.n > )" + n; break;
            case 1: rule.condition = "details.n > " + n + " && details.n <= " + std::to_string(i % 300 + 7); break;
            case 2: rule.condition = R"(title.contains("exit )" + n + R"(") && severity >= ERROR)"; break;
            case 3: rule.condition = R"(labels.env == "prod" && severity == INFO && details.n != )" + n; break;
            default: rule.condition = R"(title.matches("web-)" + n + R"([.]example"))"; break;
        }
        rules.push_back(rule);
    }
    const auto plain = RuleSet::compile_plain(rules);
    const auto indexed = RuleSet::compile(rules);
    std::size_t matches = 0;
    for (int i = 0; i < 300; ++i) {
        const auto alert = random.alert();
        const Outcome a(*plain, alert);
        const Outcome b(*indexed, alert);
        matches += a.evaluation.matches.size();
        ASSERT_TRUE(a == b) << shown(rules, a, b);
    }
    EXPECT_GT(matches, 300U);
}

}  // namespace winnow::rules
