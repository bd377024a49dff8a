#include "api/security/security_answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::api {
namespace {

using nlohmann::json;

std::string read(const std::string& path)
{
    std::ifstream file(std::string(WINNOW_SOURCE_FOLDER) + '/' + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The rows of a page's tables.
std::vector<std::string> rows_of(const std::string& page)
{
    std::vector<std::string> rows;
    std::istringstream lines(read(page));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("| ")) rows.push_back(line);
    }
    return rows;
}

std::string row(std::initializer_list<std::string_view> cells)
{
    std::string text = "|";
    for (const auto cell : cells) text += " " + std::string(cell) + " |";
    return text;
}

/// As GitHub makes it of a heading.
std::string anchor_of(const std::string& heading)
{
    std::string anchor;
    for (const char c : heading) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_') anchor += static_cast<char>(std::tolower(byte));
        if (c == ' ') anchor += '-';
    }
    return anchor;
}

std::set<std::string> anchors_of(const std::string& page)
{
    std::set<std::string> anchors;
    std::istringstream lines(read(page));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) anchors.insert(anchor_of(line.substr(line.find(' ') + 1)));
    }
    return anchors;
}

/// Each says something, and each in its language.
void expect_both(const Bilingual& text)
{
    const auto is_ascii = [](char c) {
        return static_cast<unsigned char>(c) < 0x80;
    };
    EXPECT_GT(text.en.size(), 3U);
    EXPECT_TRUE(std::ranges::all_of(text.en, is_ascii)) << text.en;
    EXPECT_FALSE(std::ranges::all_of(text.ja, is_ascii)) << text.en << ": " << text.ja;
}

void expect_sections(std::string_view sections)
{
    static const std::regex list(R"(\d{1,2}\.\d(, \d{1,2}\.\d)*)");
    EXPECT_TRUE(std::regex_match(std::string(sections), list)) << sections;
}

TEST(SecurityFeatures, AreThoseOfTheirPageInItsOrder)
{
    auto rows = rows_of("docs/security/features.md");
    rows.erase(rows.begin());  // the head
    ASSERT_EQ(rows.size(), security_features().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& feature = security_features()[i];
        const auto begins = row({"`" + std::string(feature.id) + "`", feature.sections, feature.what.en});
        EXPECT_TRUE(rows[i].starts_with(begins)) << rows[i];
    }
}

TEST(SecurityFeatures, SpeakBothLanguagesAndLeadToAHeadingThatIsThere)
{
    std::set<std::string_view> ids;
    for (const auto& feature : security_features()) {
        EXPECT_TRUE(ids.insert(feature.id).second) << feature.id;
        expect_both(feature.what);
        expect_sections(feature.sections);
        const std::string place(feature.documentation);
        const auto sharp = std::min(place.find('#'), place.size());
        const auto anchors = anchors_of(place.substr(0, sharp));
        EXPECT_FALSE(anchors.empty()) << place;
        EXPECT_TRUE(sharp == place.size() || anchors.contains(place.substr(sharp + 1))) << place;
    }
}

TEST(SecurityFeatures, AreAsTheConfigurationHasThem)
{
    const auto states = [](const SecurityFacts& facts) {
        std::map<std::string, std::string> found;
        for (const auto& item : json::parse(security_features_json(facts)).at("items")) {
            found[item.at("id")] = item.at("state");
        }
        return found;
    };
    const auto changed_by = [&](const SecurityFacts& facts, const SecurityFacts& base = {}) {
        std::map<std::string, std::string> changed;
        const auto before = states(base);
        for (const auto& [id, state] : states(facts)) {
            if (before.at(id) != state) changed[id] = state;
        }
        return changed;
    };
    using States = std::map<std::string, std::string>;
    EXPECT_EQ(changed_by({.client_certificates = true}), States({{"client_certificates", "on"}}));
    EXPECT_EQ(changed_by({.provider_by_certificate = true}), States({{"provider_by_certificate", "on"}}));
    EXPECT_EQ(changed_by({.public_receivers_only = true}), States({{"public_receivers_only", "on"}}));
    EXPECT_EQ(changed_by({.database_verified = true}), States({{"database_tls", "on"}}));
    EXPECT_EQ(changed_by({.durable_commits = true}), States({{"durable_commits", "on"}}));
    EXPECT_EQ(changed_by({.tenant_keys = true}), States({{"tenant_keys", "on"}}));
    EXPECT_EQ(states({}).at("mail_tls"), "not_used");
    EXPECT_EQ(changed_by({.sends_mail = true}), States({{"mail_tls", "off"}}));
    EXPECT_EQ(changed_by({.sends_mail = true, .mail_by_tls = true}), States({{"mail_tls", "on"}}));
    EXPECT_EQ(changed_by({.mail_by_tls = true}), States()) << "of no mail";
}

TEST(Responsibility, IsThatOfItsPageInItsOrder)
{
    auto rows = rows_of("docs/security/responsibility.md");
    rows.erase(rows.begin());  // the head
    ASSERT_EQ(rows.size(), duties().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& duty = duties()[i];
        EXPECT_EQ(rows[i], row({duty.subject.en, duty.sections, duty.provider.en, duty.customer.en, duty.winnow.en}));
    }
}

TEST(Responsibility, SpeaksBothLanguages)
{
    std::set<std::string_view> ids;
    for (const auto& duty : duties()) {
        EXPECT_TRUE(ids.insert(duty.id).second) << duty.id;
        expect_sections(duty.sections);
        for (const auto& text : {duty.subject, duty.provider, duty.customer, duty.winnow}) expect_both(text);
    }
}

TEST(Responsibility, IsOneDocumentWithItsVersion)
{
    const auto answer = json::parse(responsibility_json());
    EXPECT_EQ(answer.at("version"), 1);
    ASSERT_EQ(answer.at("items").size(), duties().size());
    const auto& first = answer.at("items").front();
    EXPECT_EQ(first.at("id"), duties().front().id);
    EXPECT_EQ(first.at("sections"), json::array({"2.1", "13.2"}));
    for (const auto* part : {"subject", "provider", "customer", "winnow"}) {
        EXPECT_EQ(first.at(part).size(), 2U) << part;
        EXPECT_TRUE(first.at(part).contains("en") && first.at(part).contains("ja")) << part;
    }
}

}  // namespace
}  // namespace winnow::api
