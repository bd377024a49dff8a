#include "observe/log_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <limits>
#include <string>

namespace winnow::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Timestamp kInstant{std::chrono::milliseconds{1'795'413'600'007}};

TEST(JsonLine, IsOneObjectWithTimeLevelMessageAndFields)
{
    const std::array fields{Field("tenant", "acme"), Field("rows", 12), Field("ratio", 0.5), Field("late", true)};
    EXPECT_EQ(json_line(kInstant, Level::warning, "Rows were slow.", fields),
              R"({"time":"2026-11-23T06:00:00.007Z","level":"warning","message":"Rows were slow.",)"
              R"("tenant":"acme","rows":12,"ratio":0.5,"late":true})");
}

TEST(JsonLine, EscapesWhatJsonForbids)
{
    const std::string nasty("q\" b\\ n\n t\t z\0 d\x7F e\x1B", 20);
    const std::array fields{Field("text", nasty)};
    const auto line = json_line(kInstant, Level::info, "m", fields);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_EQ(nlohmann::json::parse(line).at("text").get<std::string>(), nasty);
}

TEST(JsonLine, ShowsBytesThatAreNotUtf8AsReplacementCharacters)
{
    const std::array fields{Field("text", "caf\xC3\xA9 \xFF\xC3 \xED\xA0\x80!")};
    const auto parsed = nlohmann::json::parse(json_line(kInstant, Level::info, "m", fields));
    EXPECT_EQ(parsed.at("text").get<std::string>(),
              "caf\xC3\xA9 \xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD!");
}

TEST(JsonLine, WritesNumbersThatJsonLacksAsNull)
{
    const std::array fields{Field("a", std::numeric_limits<double>::infinity()),
                            Field("b", std::numeric_limits<double>::quiet_NaN()),
                            Field("c", std::numeric_limits<std::int64_t>::min())};
    const auto parsed = nlohmann::json::parse(json_line(kInstant, Level::info, "m", fields));
    EXPECT_TRUE(parsed.at("a").is_null());
    EXPECT_TRUE(parsed.at("b").is_null());
    EXPECT_EQ(parsed.at("c").get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
}

TEST(TextLine, ReadsLikeASentenceWithItsFields)
{
    const std::array fields{Field("tenant", "acme"), Field("why", "two words"), Field("none", "")};
    EXPECT_EQ(text_line(kInstant, Level::info, "Started.", fields, false),
              R"(2026-11-23T06:00:00.007Z INFO  Started.  tenant=acme why="two words" none="")");
}

TEST(TextLine, HasColoursOnlyWhenAsked)
{
    EXPECT_THAT(text_line(kInstant, Level::error, "Broken.", {}, false), Not(HasSubstr("\x1B")));
    EXPECT_THAT(text_line(kInstant, Level::error, "Broken.", {}, true), HasSubstr("\x1B[31mERROR\x1B[0m"));
}

TEST(TextLine, LetsNobodyForgeALineOrColourTheTerminal)
{
    const std::array fields{Field("agent", "x\n2026 INFO forged\x1B[31m")};
    const auto line = text_line(kInstant, Level::info, "a\nb\x1B[0m", fields, false);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\x1B")));
}

/// What a terminal obeys, and what nobody sees: C1 controls, directions, widths of nothing, ends of lines.
constexpr std::string_view kHidden[] = {"\u0080", "\u009b", "\u009f", "\u00ad", "\u061c",
                                        "\u200b", "\u200f", "\u2028", "\u2029", "\u202e",
                                        "\u2060", "\u2066", "\u2069", "\ufeff", "\U000E0041"};

TEST(JsonLine, NothingThatATerminalObeysOrNobodySeesStandsInIt)
{
    for (const auto hidden : kHidden) {
        const auto text = "a" + std::string(hidden) + "2Jb";
        const std::array fields{Field("text", text)};
        const auto line = json_line(kInstant, Level::info, "m", fields);
        EXPECT_THAT(line, Not(HasSubstr(std::string(hidden))));
        EXPECT_EQ(nlohmann::json::parse(line).at("text").get<std::string>(), text) << "and nothing is lost";
    }
}

TEST(TextLine, NothingThatATerminalObeysOrNobodySeesStandsInIt)
{
    for (const auto hidden : kHidden) {
        const auto text = "a" + std::string(hidden) + "2Jb";
        const std::array fields{Field("text", text)};
        const auto line = text_line(kInstant, Level::info, text, fields, false);
        EXPECT_THAT(line, Not(HasSubstr(std::string(hidden))));
        EXPECT_THAT(line, HasSubstr("\\u")) << "it shows that something was there";
    }
    EXPECT_THAT(text_line(kInstant, Level::info, "Grüße, 日本, 👍🏽", {}, false), HasSubstr("Grüße, 日本, 👍🏽"));
}

TEST(Log, WritesJsonLinesToStandardErrorFromTheLeastLevelUp)
{
    testing::internal::CaptureStderr();
    start_log(LogFormat::automatic, Level::warning);  // a captured standard error is no terminal
    info("Not shown.");
    warn("Shown.", {{"rows", 3}, {"braces", "{} %v"}});
    const auto parsed = nlohmann::json::parse(testing::internal::GetCapturedStderr());
    EXPECT_EQ(parsed.at("message"), "Shown.");
    EXPECT_EQ(parsed.at("rows"), 3);
    EXPECT_EQ(parsed.at("braces"), "{} %v");
    EXPECT_THAT(parsed.at("time").get<std::string>(), testing::MatchesRegex("....-..-..T..:..:..\\....Z"));
}

TEST(Log, WritesPlainTextWithoutColoursWhereThereIsNoTerminal)
{
    testing::internal::CaptureStderr();
    start_log(LogFormat::text, Level::info);
    error("Shown.", {{"rows", 3}});
    const auto line = testing::internal::GetCapturedStderr();
    EXPECT_THAT(line, testing::EndsWith(" ERROR Shown.  rows=3\n"));
    EXPECT_THAT(line, Not(HasSubstr("\x1B")));
}

}  // namespace
}  // namespace winnow::observe
