/// @file
/// What senders' words mean: the code's table and the page's are the same.

#include "winnow/domain/alert.hpp"
#include "winnow/domain/severity.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>

namespace winnow::domain {
namespace {

using Words = std::map<std::string, std::string>;  // word → what it means

/// The rows of the table under a heading: "| `meaning` | `word`, `word` |".
Words documented(const std::string& heading)
{
    std::ifstream page(WINNOW_ALERTS_PAGE);
    Words words;
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("## ")) inside = line == heading;
        if (!inside || !line.starts_with("| `")) continue;
        const std::regex quoted("`([^`]+)`");
        auto word = std::sregex_iterator(line.begin(), line.end(), quoted);
        const std::string meaning = (*word)[1];
        for (++word; word != std::sregex_iterator(); ++word) words[(*word)[1]] = meaning;
    }
    return words;
}

TEST(SenderWords, OfStatusAreThoseOfThePage)
{
    Words known;
    for (const auto& [word, status] : status_words()) {
        known[std::string(word)] = to_string(status);
        EXPECT_EQ(status_from_sender(word), status);
    }
    EXPECT_EQ(known, documented("## Words for status"));
    EXPECT_EQ(status_from_sender("In Progress"), AlertStatus::acknowledged);
    EXPECT_EQ(status_from_sender("in-progress"), AlertStatus::acknowledged);
    EXPECT_EQ(status_from_sender("FIRING"), AlertStatus::firing);
    EXPECT_EQ(status_from_sender(""), std::nullopt);
    EXPECT_EQ(status_from_sender("whatever"), std::nullopt);
}

TEST(SenderWords, OfSeverityAreThoseOfThePage)
{
    Words known;
    for (const auto& [word, severity] : severity_words()) {
        known[std::string(word)] = to_string(severity);
        EXPECT_EQ(severity_from_sender(word), severity);
    }
    EXPECT_EQ(known, documented("## Words for severity"));
}

TEST(SenderWords, AreReadWhateverTheirCaseBlanksHyphensAndUnderscores)
{
    for (const auto* word : {"ok", " OK ", "\tok\r\n", "-ok", "o_k"}) {
        EXPECT_EQ(status_from_sender(word), AlertStatus::resolved) << word;
    }
    for (const auto* word : {"not ok", "NOT-OK", "notok", "not_ok"}) {
        EXPECT_EQ(status_from_sender(word), AlertStatus::firing) << word;
    }
    for (const auto* word : {"sev1", "Sev-1", "SEV 1 ", "sev_1", "\xC2\xA0sev1"}) {
        EXPECT_EQ(severity_from_sender(word), Severity::critical) << word;
    }
    for (const auto* word : {"", " ", "-", "__", "ok.", "ok!", "0k"}) {
        EXPECT_EQ(status_from_sender(word), std::nullopt) << word;
        EXPECT_EQ(severity_from_sender(word), std::nullopt) << word;
    }
}

TEST(SenderWords, OfTroubleNeverMeanThatAllIsWell)
{
    for (const auto& [word, status] : status_words()) {
        for (const auto* trouble : {"not", "un", "non", "no "}) {
            const auto meant = status_from_sender(trouble + std::string(word));
            EXPECT_TRUE(!meant || *meant == AlertStatus::firing) << trouble << word;
        }
    }
}

TEST(SenderWords, ThatNameOurOwnAreThemselves)
{
    for (const auto status : {AlertStatus::firing, AlertStatus::acknowledged, AlertStatus::resolved}) {
        EXPECT_EQ(status_from_sender(to_string(status)), status);
    }
    for (const auto severity : {Severity::info, Severity::warning, Severity::error, Severity::critical}) {
        EXPECT_EQ(severity_from_sender(to_string(severity)), severity);
    }
}

}  // namespace
}  // namespace winnow::domain
