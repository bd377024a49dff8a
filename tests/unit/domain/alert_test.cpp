#include "winnow/domain/alert.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace winnow::domain {

TEST(Labels, AreSortedAndUnique)
{
    Labels labels;
    labels.set("b", "2");
    labels.set("a", "1");
    labels.set("c", "3");
    labels.set("b", "two");
    EXPECT_THAT(labels.entries(),
                testing::ElementsAre(testing::Pair("a", "1"), testing::Pair("b", "two"), testing::Pair("c", "3")));
    EXPECT_EQ(labels.size(), 3U);
}

TEST(Labels, AnEmptyValueIsNoLabel)
{
    Labels labels;
    labels.set("a", "");
    EXPECT_TRUE(labels.empty());
    labels.set("a", "1");
    labels.set("a", "");
    EXPECT_TRUE(labels.empty());
    EXPECT_EQ(labels.find("a"), nullptr);
}

TEST(Labels, FindsExactNamesOnly)
{
    Labels labels;
    labels.set("env", "prod");
    ASSERT_NE(labels.find("env"), nullptr);
    EXPECT_EQ(*labels.find("env"), "prod");
    for (const auto* name : {"", "en", "envi", "Env"}) EXPECT_EQ(labels.find(name), nullptr) << name;
}

TEST(AlertStatus, WordsRoundTrip)
{
    for (const auto status : {AlertStatus::firing, AlertStatus::acknowledged, AlertStatus::resolved}) {
        EXPECT_EQ(parse_alert_status(to_string(status)), status);
    }
    for (const auto* word : {"", "FIRING", "ok", "firing "}) EXPECT_EQ(parse_alert_status(word), std::nullopt) << word;
}

TEST(Severity, WordsRoundTripAndAreOrdered)
{
    for (const auto severity : {Severity::info, Severity::warning, Severity::error, Severity::critical}) {
        EXPECT_EQ(parse_severity(to_string(severity)), severity);
        EXPECT_EQ(severity_from_sender(to_string(severity)), severity);
    }
    EXPECT_LT(Severity::info, Severity::warning);
    EXPECT_LT(Severity::error, Severity::critical);
    for (const auto* word : {"", "Critical", "major", "fatal"}) EXPECT_EQ(parse_severity(word), std::nullopt) << word;
}

TEST(Severity, UnderstandsSendersWords)
{
    const std::vector<std::pair<std::string, Severity>> words{
        {"P1", Severity::critical}, {"p5", Severity::info},        {"SEV2", Severity::error},
        {"Major", Severity::error}, {"minor", Severity::warning},  {"emerg", Severity::critical},
        {"OK", Severity::info},     {"page", Severity::critical},  {"warn", Severity::warning},
        {"ERR", Severity::error},   {"debug", Severity::info},     {"Disaster", Severity::critical},
        {"none", Severity::info},   {"average", Severity::warning}};
    for (const auto& [word, severity] : words) EXPECT_EQ(severity_from_sender(word), severity) << word;
    for (const auto* word : {"", "p9", "sev", "criticality", "warning!", "é"}) {
        EXPECT_EQ(severity_from_sender(word), std::nullopt) << word;
    }
}

}  // namespace winnow::domain
