/// The short cuts of a comparison against asking every rule of both sets.

#include "unit/rules/random_rules.hpp"
#include "winnow/backtest/comparison.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace winnow::backtest {
namespace {

using domain::Rule;
using rules::kNow;
using rules::RandomRules;

/// As an admin edits: something new, something changed, something gone, something elsewhere.
std::vector<Rule> edited(std::vector<Rule> set, RandomRules& random)
{
    for (auto edits = random.below(4); edits > 0; --edits) {
        auto fresh = random.rules(1).front();
        if (random.one_in(2)) fresh.actions = {domain::SeverityAction{domain::Severity::critical}};
        if (random.one_in(3)) fresh.actions = {domain::DropAction{}};
        const auto at = random.below(set.size());
        switch (random.below(4)) {
            case 0:
                fresh.id = RuleId(Uuid::from_words(5, set.size() * 10 + edits));
                fresh.name = "new";
                set.insert(set.begin() + static_cast<std::ptrdiff_t>(at), fresh);
                break;
            case 1:
                fresh.id = set[at].id;
                fresh.name = set[at].name;
                fresh.version = set[at].version + 1;
                set[at] = fresh;
                break;
            case 2: set.erase(set.begin() + static_cast<std::ptrdiff_t>(at)); break;
            default: std::swap(set[at], set[random.below(set.size())]); break;
        }
    }
    for (std::size_t i = 0; i < set.size(); ++i) set[i].position = static_cast<std::int32_t>(i) + 1;
    return set;
}

struct Counts {
    std::array<std::uint64_t, 10> of{};
};

/// matched, dropped, suppressed, held and severity changes, of either set.
Counts exhaustive(const std::vector<Rule>& draft, const std::vector<Rule>& live,
                  const std::vector<domain::Alert>& alerts)
{
    Counts counts;
    const auto sets = std::array{rules::RuleSet::compile_plain(draft), rules::RuleSet::compile_plain(live)};
    for (const auto& alert : alerts) {
        std::array<domain::Alert, 2> after{alert, alert};
        std::array<bool, 2> dropped{};
        for (std::size_t s = 0; s < 2; ++s) {
            const auto made = sets.at(s)->evaluate(after.at(s), kNow);
            dropped.at(s) = made.dropped;
            const bool firing = after.at(s).status == domain::AlertStatus::firing;
            counts.of.at(s * 4) += made.matches.empty() ? 0 : 1;
            counts.of.at(s * 4 + 1) += made.dropped ? 1 : 0;
            counts.of.at(s * 4 + 2) += !made.dropped && made.suppressed ? 1 : 0;
            counts.of.at(s * 4 + 3) += firing && !made.dropped && !made.suppressed && !made.holds.empty() ? 1 : 0;
        }
        counts.of.at(8) += dropped[0] && !dropped[1] ? 1 : 0;
        counts.of.at(9) += !dropped[0] && !dropped[1] && after[0].severity != after[1].severity ? 1 : 0;
    }
    return counts;
}

Counts by_comparison(const std::vector<Rule>& draft, const std::vector<Rule>& live,
                     const std::vector<domain::Alert>& alerts)
{
    Question question;
    question.draft = draft;
    question.live = live;
    question.from = kNow;
    question.until = kNow + std::chrono::hours(1);
    Comparison comparison(question);
    for (auto alert : alerts) {
        comparison.add(AlertId(), alert, [before = alert](domain::Alert& again) { again = before; });
    }
    const auto& report = comparison.report();
    Counts counts;
    std::size_t at = 0;
    for (const auto& tally : {report.draft, report.live}) {
        for (const auto count : {tally.matched, tally.dropped, tally.suppressed, tally.held})
            counts.of.at(at++) = count;
    }
    counts.of[8] = report.differences[static_cast<std::size_t>(Difference::newly_dropped)];
    counts.of[9] = report.differences[static_cast<std::size_t>(Difference::severity_changed)];
    return counts;
}

TEST(BacktestShortCuts, NeverChangeACount)
{
    std::size_t differing = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        RandomRules random(seed);
        const auto live = random.rules(16);
        const auto draft = edited(live, random);
        std::vector<domain::Alert> alerts;
        for (int i = 0; i < 40; ++i) alerts.push_back(random.alert());
        const auto expected = exhaustive(draft, live, alerts);
        EXPECT_EQ(by_comparison(draft, live, alerts).of, expected.of) << "seed " << seed;
        if (expected.of[8] + expected.of[9] > 0) ++differing;
    }
    EXPECT_GT(differing, 10U) << "sets that make a difference";
}

}  // namespace
}  // namespace winnow::backtest
