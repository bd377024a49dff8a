#include "winnow/rules/suggestions.hpp"

#include "winnow/rules/rule_set.hpp"
#include "winnow/rules/title_templates.hpp"

#include <gmock/gmock.h>

#include <re2/re2.h>

#include <random>

namespace winnow::rules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> mined(const std::vector<std::string>& titles)
{
    TitleTemplates templates;
    for (const auto& title : titles) templates.add(title);
    std::vector<std::string> list;
    for (const auto& each : templates.all()) list.push_back(each.text());
    return list;
}

TEST(TitleTemplates, WhatChangesBecomesAStar)
{
    EXPECT_THAT(mined({"disk 93% full on db-7", "disk 94% full on db-12"}), ElementsAre("disk * full on *"));
    EXPECT_THAT(mined({"backup of mail failed", "backup of web failed"}), ElementsAre("backup of * failed"));
    EXPECT_THAT(mined({"link down", "link up"}), ElementsAre("link *"));
    EXPECT_THAT(mined({"link down", "fan down", "link is down"}), testing::SizeIs(3))
        << "first words, numbers of words";
    EXPECT_THAT(mined({"a b c d", "a x y z"}), testing::SizeIs(2)) << "less than half the words";
    EXPECT_THAT(mined({"", "  \t"}), IsEmpty());
}

TEST(TitleTemplates, LongTextsAreCutAndBounded)
{
    std::string text;
    for (int i = 0; i < 70; ++i) text += "word ";
    TitleTemplates templates;
    EXPECT_EQ(templates.add(text), 0U);
    EXPECT_TRUE(templates.all()[0].open_end);
    EXPECT_TRUE(re2::RE2::PartialMatch(text, templates.all()[0].regex()));
    const auto word = [](std::size_t n) {
        std::string letters;
        for (; n > 0 || letters.empty(); n /= 26) letters += static_cast<char>('a' + n % 26);
        return letters;
    };
    for (std::size_t i = 0; i < TitleTemplates::kMaxTemplates + 5; ++i) templates.add(word(i));
    EXPECT_EQ(templates.all().size(), TitleTemplates::kMaxTemplates);
    EXPECT_EQ(templates.add("Another"), TitleTemplates::kNone);
}

/// Titles that have a first word in common and nothing else, all of as many words as are looked at.
std::vector<std::string> hostile(std::size_t count)
{
    std::vector<std::string> titles(count, "alert");
    std::size_t number = 0;
    for (auto& title : titles) {
        for (std::size_t word = 1; word < TitleTemplates::kMaxWords; ++word) {
            title += ' ';
            for (auto left = ++number; left > 0; left /= 26) title += static_cast<char>('a' + left % 26);
        }
    }
    return titles;
}

TEST(TitleTemplates, TwiceAsManyTextsOfWhateverKindCostTwiceAsMuch)
{
    const auto compared = [](std::size_t count) {
        TitleTemplates templates;
        for (const auto& title : hostile(count)) templates.add(title);
        return static_cast<double>(templates.compared());
    };
    EXPECT_LE(compared(10'000), 2.5 * compared(5'000));
    EXPECT_LE(compared(10'000), 10'000.0 * TitleTemplates::kMaxInLeaf * TitleTemplates::kMaxWords);
}

TEST(TitleTemplates, ATemplateMatchesWhatItsExpressionFinds)
{
    std::mt19937 dice(11);
    const std::vector<std::string> words{"disk", "full", "on", "db-7", "[x]", "93%", "\\d+"};
    TitleTemplates templates;
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i) {
        std::string text;
        const auto length = 1 + dice() % 5 + (i % 50 == 0 ? 62 : 0);
        for (std::size_t word = 0; word < length; ++word) text += (word == 0 ? "" : " ") + words[dice() % words.size()];
        texts.push_back(text);
        templates.add(text);
    }
    for (const auto& each : templates.all()) {
        const re2::RE2 expression(each.regex());
        for (const auto& text : texts) {
            EXPECT_EQ(each.matches(TitleTemplates::cut(text)), re2::RE2::PartialMatch(text, expression))
                << text << " / " << expression.pattern();
        }
    }
}

TEST(TitleTemplates, ATemplateFindsEveryTextThatWentIntoIt)
{
    std::mt19937 dice(7);
    const std::vector<std::string> words{"disk", "full", "on", "db-7", "[x]", "a.b", "93%", "漢字", "\\d+", "(", "*"};
    for (int round = 0; round < 200; ++round) {
        TitleTemplates templates;
        std::vector<std::pair<std::string, std::size_t>> texts;
        for (int i = 0; i < 30; ++i) {
            std::string text;
            const auto count = 1 + dice() % 5;
            for (unsigned j = 0; j < count; ++j) text += (j == 0 ? "" : " ") + words[dice() % words.size()];
            texts.emplace_back(text, templates.add(text));
        }
        for (const auto& [text, number] : texts) {
            const re2::RE2 regex(templates.all()[number].regex());
            ASSERT_TRUE(regex.ok());
            EXPECT_TRUE(re2::RE2::PartialMatch(text, regex)) << text << " in " << templates.all()[number].text();
        }
    }
}

PastTicket ticket(std::string title, bool acted_on = false)
{
    return {
        .title = std::move(title), .service = "billing", .alerts = 3, .told = 2, .acted_on = acted_on, .over = true};
}

std::vector<PastTicket> noise(int count)
{
    std::vector<PastTicket> list;
    for (int i = 0; i < count; ++i) list.push_back(ticket("disk " + std::to_string(i) + "% full"));
    return list;
}

TEST(Suggestions, FrequentTitlesThatNobodyActedOnAreSuggestedWithTheirEffect)
{
    auto tickets = noise(6);
    tickets.push_back(ticket("payment failed", true));
    const auto suggestions = suggest(tickets);
    ASSERT_EQ(suggestions.size(), 1U);
    const auto& found = suggestions[0];
    EXPECT_EQ(found.pattern, "disk * full");
    EXPECT_EQ(found.tickets, 6);
    EXPECT_EQ(found.alerts, 18);
    EXPECT_EQ(found.told, 12);
    EXPECT_EQ(found.backtest.told, 12);
    EXPECT_NEAR(found.share, 18.0 / 21, 1e-9);
    EXPECT_EQ(found.examples.size(), 3U);
    EXPECT_EQ(found.rule.mode, domain::RuleMode::shadow);
    EXPECT_THAT(found.rule.condition, HasSubstr("service == \"billing\""));
    EXPECT_TRUE(check(found.rule)) << found.rule.condition;
}

TEST(Suggestions, FiveAreAPatternAndFourAreNot)
{
    EXPECT_EQ(suggest(noise(5)).size(), 1U);
    EXPECT_THAT(suggest(noise(4)), IsEmpty());
}

TEST(Suggestions, NothingThatSomebodyActedOnWouldBeKeptQuiet)
{
    auto tickets = noise(50);
    tickets.push_back(ticket("disk 99% full", true));
    EXPECT_THAT(suggest(tickets), IsEmpty());
    auto running = noise(50);
    for (auto& each : running) each.over = false;
    EXPECT_THAT(suggest(running), IsEmpty()) << "not over yet";
    std::vector<PastTicket> anything(10, ticket("42"));
    EXPECT_THAT(suggest(anything), IsEmpty()) << "a pattern of nothing but changes";
}

TEST(Suggestions, EachServiceIsAskedByItselfAndTheMostToldComeFirst)
{
    auto tickets = noise(6);
    for (auto other : noise(8)) {
        other.service = "a \"quoted\" \\ service\n";
        tickets.push_back(other);
    }
    const auto suggestions = suggest(tickets);
    ASSERT_EQ(suggestions.size(), 2U);
    EXPECT_EQ(suggestions[0].tickets, 8);
    EXPECT_EQ(suggestions[0].backtest.tickets, 8);
    EXPECT_TRUE(check(suggestions[0].rule)) << suggestions[0].rule.condition;
}

}  // namespace
}  // namespace winnow::rules
