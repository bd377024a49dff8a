/// @file
/// Every oddity of JSON's syntax, inside an alert's details. The fast path (simdjson and our checks) and the slow one
/// (the diagnosis) are written apart: where they disagree, one of them is wrong.

#include "intake/json/json_diagnosis.hpp"
#include "intake/json/json_repair.hpp"
#include "intake/json/json_text.hpp"
#include "winnow/base/text.hpp"
#include "winnow/intake/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace winnow::intake {

namespace {

using namespace std::string_literals;

// "good", "refused" (an alert's own fault) or "malformed".
std::string verdict(const std::string& body)
{
    const Origin origin{IntegrationId(), "x", *parse_rfc3339("2026-11-23T06:00:00Z")};
    const auto batch = parse_native_json(body, origin, {});
    if (!batch) return batch.error().fields().empty() ? "error" : "malformed";
    return std::holds_alternative<domain::Alert>(batch->front()) ? "good" : "refused";
}

std::string with_details(const std::string& value)
{
    return R"({"details":)" + value + R"(,"title":"x"})";
}

// nlohmann's verdict on the syntax; none where it meets a number too large for it and stops.
std::optional<bool> accepted_elsewhere(const std::string& text)
{
    try {
        return !nlohmann::json::parse(text).is_discarded();
    } catch (const nlohmann::json::out_of_range&) {
        return std::nullopt;
    } catch (const nlohmann::json::parse_error&) {
        return false;
    }
}

const std::vector<std::string> kGood{"0",
                                     "-0",
                                     "1",
                                     "-1",
                                     "0.5",
                                     "1e5",
                                     "1E+5",
                                     "1e-5",
                                     "1.25e10",
                                     "123456789012345678901234567890",
                                     "0e1",
                                     "0e+1",
                                     "1e308",
                                     "1e-999",
                                     "0.00000000000000000000000000000000000000000000000001",
                                     "-1.0",
                                     "true",
                                     "false",
                                     "null",
                                     R"("")",
                                     R"(" ")",
                                     R"("\"\\\/\b\f\n\r\t")",
                                     R"("\u00e9")",
                                     R"("\u20AC")",
                                     R"("\ud83d\ude42")",
                                     R"("\uD83D\uDE42")",
                                     R"("\\u0000")",
                                     R"("é€🙂")",
                                     "\"\x7f\"",
                                     R"("\u2028")",
                                     "\"\u2028\"",
                                     R"("\ufffe")",
                                     R"("a\\")",
                                     "[]",
                                     "[ ]",
                                     "[1]",
                                     "[1 ,2]",
                                     "[[],[[]]]",
                                     "{}",
                                     "{ }",
                                     R"({"":0})",
                                     R"({"a":{}})",
                                     R"({"a":[{}]})",
                                     " 1 ",
                                     "\t[\n1\r,\n2 ]\n",
                                     R"({"a":1,"A":2})",
                                     R"(["a","a"])",
                                     R"({"a":{"a":{"a":1}}})",
                                     R"("\ud800")",
                                     R"("\udc00\ud83d")"};

const std::vector<std::string> kMalformed{"",
                                          "01",
                                          "-01",
                                          "+1",
                                          "1.",
                                          ".5",
                                          "-",
                                          "--1",
                                          "1e",
                                          "1e+",
                                          "1e1.5",
                                          "0x10",
                                          "1_000",
                                          "Infinity",
                                          "-Infinity",
                                          "NaN",
                                          "nan",
                                          "1,5",
                                          "1 2",
                                          "tru",
                                          "True",
                                          "nul",
                                          "nulll",
                                          "truefalse",
                                          "undefined",
                                          "'a'",
                                          "a",
                                          "\"",
                                          R"("a)",
                                          R"(a")",
                                          R"("\x41")",
                                          R"("\a")",
                                          R"("\u12")",
                                          R"("\u12g4")",
                                          R"("\U00000041")",
                                          R"("\")",
                                          "[",
                                          "]",
                                          "[1",
                                          "[1,",
                                          "[1,]",
                                          "[,1]",
                                          "[1,,2]",
                                          "[,]",
                                          "[1 2]",
                                          "[1:2]",
                                          "[}",
                                          "{]",
                                          "[1}",
                                          "{",
                                          "}",
                                          R"({"a")",
                                          R"({"a":)",
                                          R"({"a":})",
                                          R"({"a":1)",
                                          R"({"a":1,)",
                                          R"({"a":1,})",
                                          R"({,"a":1})",
                                          R"({"a" 1})",
                                          R"({"a",1})",
                                          R"({a:1})",
                                          R"({'a':1})",
                                          R"({1:1})",
                                          R"({null:1})",
                                          R"({"a":1 "b":2})",
                                          R"({"a":1,,"b":2})",
                                          R"({"a"::1})",
                                          R"({"a":1:2})",
                                          R"(["a" "b"])",
                                          R"(["a"1])",
                                          R"("a"b)",
                                          "[1]]",
                                          "{}}",
                                          "[\"a\",\n4\n,1,",
                                          "1\f",
                                          "\v1",
                                          "\xc2\xa0"
                                          "1",
                                          "/*c*/1",
                                          "1//c",
                                          "# 1",
                                          "\xef\xbb\xbf"
                                          "1",
                                          "[\xff]",
                                          "[1\0]"s,
                                          "\0"s,
                                          "[\"\\u00A\"]",
                                          "[tRue]",
                                          "[1e+]",
                                          "[-]",
                                          "[.1]",
                                          "[2.e3]",
                                          "[0e]",
                                          "[1eE2]",
                                          "[- 1]",
                                          "[0 .1]",
                                          "<null>",
                                          "[\"a\\"};

// Strings that hold what is no text, and what is taken in their place.
const std::vector<std::pair<std::string, std::string>> kNoText{{R"(\ud800)", "\uFFFD"},
                                                               {R"(\udc00)", "\uFFFD"},
                                                               {R"(\ud800\u0041)", "\uFFFDA"},
                                                               {R"(\ud83dx)", "\uFFFDx"},
                                                               {R"(\ude42\ud83d)", "\uFFFD\uFFFD"},
                                                               {R"(\ud83d\ud83d\ude42)", "\uFFFD🙂"},
                                                               {R"(a\u0000b)", "a\uFFFDb"},
                                                               {"a\tb", "a\tb"},
                                                               {"a\nb", "a\nb"},
                                                               {"a\r\nb", "a\r\nb"},
                                                               {"a\0b"s, "a\uFFFDb"},
                                                               {"\x1f", "\uFFFD"},
                                                               {"\xff", "\uFFFD"},
                                                               {"\x80", "\uFFFD"},
                                                               {"\xc3", "\uFFFD"},
                                                               {"Gr\xfc\xdf"
                                                                "e",
                                                                "Gr\uFFFD\uFFFDe"},
                                                               {"\xc0\xaf", "\uFFFD\uFFFD"},
                                                               {"\xe2\x82x", "\uFFFDx"},
                                                               {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
                                                               {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                                                               {"\xf0\x9f\x99", "\uFFFD"},
                                                               {"\\\"\xff", "\"\uFFFD"},
                                                               {"\\\\\xff", "\\\uFFFD"}};

}  // namespace

TEST(JsonText, WhatIsNoTextIsReplacedInEveryFormAndTheOthersAreKept)
{
    const Origin origin{IntegrationId(), "x", *parse_rfc3339("2026-11-23T06:00:00Z")};
    for (const auto& [raw, meant] : kNoText) {
        const auto good = R"({"title":"good","labels":{"a":"b"}})"s;
        const auto bad = R"({"title":"bad","description":")" + raw + R"(","labels":{"a":"b"},"details":{")" + raw +
                         R"(":["é",")" + raw + "\"]}}";
        const auto batch = parse_native_json("[" + good + "," + bad + "," + good + "]", origin, {});
        ASSERT_TRUE(batch.has_value()) << raw << ": " << batch.error().message();
        ASSERT_EQ(batch->size(), 3U);
        EXPECT_TRUE(std::get<domain::Alert>((*batch)[0]).warnings.empty()) << raw;
        EXPECT_TRUE(std::get<domain::Alert>((*batch)[2]).warnings.empty()) << raw;
        const auto& alert = std::get<domain::Alert>((*batch)[1]);
        EXPECT_EQ(alert.description, meant);
        const nlohmann::json details{{meant, {"é", meant}}};
        EXPECT_EQ(nlohmann::json::parse(alert.details), details) << raw;
        ASSERT_EQ(alert.warnings.size(), 3U) << raw;
        EXPECT_EQ(alert.warnings.front().pointer, "/1/description");
        EXPECT_EQ(alert.warnings.front().code, "replaced");

        const auto pushed = parse_alertmanager(
            R"([{"labels":{"a":"b"}},{"labels":{"a":")" + raw + R"("},"annotations":{"description":")" + raw + "\"}}]",
            origin, {}, std::chrono::minutes{5});
        ASSERT_TRUE(pushed.has_value()) << raw;
        EXPECT_EQ(std::get<domain::Alert>((*pushed)[1]).description, meant);
        EXPECT_EQ(*std::get<domain::Alert>((*pushed)[1]).labels.find("a"), meant);
        EXPECT_TRUE(std::get<domain::Alert>((*pushed)[0]).warnings.empty());
        EXPECT_EQ(std::get<domain::Alert>((*pushed)[1]).warnings.size(), 2U);

        if (raw.find('\n') != std::string::npos) continue;  // ends a line
        const auto lines = parse_native_ndjson(good + "\n" + bad + "\n" + good, origin, {});
        ASSERT_EQ(lines->size(), 3U);
        ASSERT_TRUE(std::holds_alternative<domain::Alert>((*lines)[1])) << raw;
        EXPECT_EQ(std::get<domain::Alert>((*lines)[1]).description, meant);
        EXPECT_TRUE(std::get<domain::Alert>((*lines)[2]).warnings.empty());
    }
}

TEST(JsonSyntax, GoodTextsAreTakenByBothPaths)
{
    for (const auto& value : kGood) {
        EXPECT_EQ(verdict(with_details(value)), "good") << value;
        EXPECT_FALSE(diagnose(with_details(value)).has_value()) << value;
        EXPECT_EQ(verdict("[" + with_details("[[" + value + "]]") + "]"), "good") << value;
    }
}

TEST(JsonSyntax, BadTextsAreRefusedByBothPaths)
{
    for (const auto& value : kMalformed) {
        EXPECT_EQ(verdict(with_details(value)), "malformed") << value;
        EXPECT_TRUE(diagnose(with_details(value)).has_value()) << value;
        EXPECT_EQ(verdict(R"({"title":"x","other":)" + value + "}"), "malformed") << value;
        EXPECT_EQ(verdict(R"([{"title":"x"},{"title":"y","labels":{"a":)" + value + "}}]"), "malformed") << value;
        EXPECT_EQ(verdict(R"({"title":"x","links":[{"href":"https://a","text":)" + value + "}]}"), "malformed")
            << value;
        // Also where the alert is already lost for another reason.
        EXPECT_EQ(verdict(R"({"title":7,"details":{"a":)" + value + "}}"), "malformed") << value;
    }
}

TEST(JsonSyntax, ADocumentEndsWhereItEnds)
{
    const std::string alert = R"({"title":"x"})";
    for (const auto* rest : {"x", "{}", ",", "]", "}", "\"", "1", " null", "\f", "//", "\xff"}) {
        EXPECT_EQ(verdict(alert + rest), "malformed") << rest;
        EXPECT_EQ(verdict("[" + alert + "]" + rest), "malformed") << rest;
        EXPECT_TRUE(diagnose(alert + rest).has_value()) << rest;
    }
    for (std::size_t cut = 1; cut < alert.size(); ++cut) EXPECT_EQ(verdict(alert.substr(0, cut)), "malformed") << cut;
    EXPECT_EQ(verdict(alert + " \r\n\t"), "good");
    EXPECT_EQ(verdict(alert + "\xef\xbb\xbf"), "malformed");
    EXPECT_EQ(verdict(alert + "\0"s), "malformed");
}

TEST(JsonSyntax, BothPathsAgreeOnDamagedText)
{
    const std::string whole =
        R"({"title":"a\u00e9\n","labels":{"a":"b","c":1.5e3},"details":{"x":[1,-2,{"y":null}],"z":"€"},"links":[{"href":"https://a","text":"t"}],"starts_at":"2026-11-23T05:00:00Z","other":[true,false]})";
    ASSERT_EQ(verdict(whole), "good");
    std::mt19937 random(7);
    constexpr std::string_view kSpice = "{}[]:,\"\\ \n0-9eE+.tfnu/\x01\x7f\xff\xc3";
    for (int round = 0; round < 6'000; ++round) {
        auto text = whole;
        for (auto edits = random() % 3 + 1; edits > 0; --edits) {
            const auto at = random() % text.size();
            switch (random() % 4) {
                case 0: text.erase(at, random() % 3 + 1); break;
                case 1: text.insert(at, 1, kSpice[random() % kSpice.size()]); break;
                case 2: text[at] = kSpice[random() % kSpice.size()]; break;
                default: text.insert(at, text.substr(random() % text.size(), random() % 8)); break;
            }
        }
        // The reader replaces what is no text and reads again; the other two are shown what it then reads.
        const bool fast = verdict(text) != "malformed";
        if (fast) text = repair_text(text, false).text;
        const bool slow = !diagnose(text).has_value();
        ASSERT_EQ(slow, accepted_elsewhere(text).value_or(slow)) << text;
        // A well-formed body that is no alert is told like a malformed one: a field error about the whole.
        if (slow && !fast) {
            const auto parsed = nlohmann::json::parse(text);
            ASSERT_TRUE(!parsed.is_object() || parsed.contains("alerts")) << text;
        } else {
            ASSERT_EQ(fast, slow) << text;
        }
    }
}

struct Place {
    std::string body;
    std::string pointer;
    std::string detail;
};

TEST(JsonDiagnosis, NamesThePlace)
{
    for (const auto& place : std::vector<Place>{
             {R"({"title": nope})", "/title", "byte 10, line 1, column 11"},
             {"{\"title\":\"x\",\n\"labels\":{\"a\" \"b\"}}", "/labels/a", "line 2, column 15"},
             {"[{\"title\":\"x\"},\n {\"title\":\"\xff\"}]", "/1/title", "not well-formed UTF-8 (byte 27, line 2"},
             {"{\"a\":[1,2,\"x\t\"]}", "/a/2", "control character"},
             {R"({"a":1)", "/a", "before its last bracket is closed (byte 6"},
             {R"({"a":1} x)", "", "something follows"},
             {"{\"\xff\":1}", "", "UTF-8"}}) {
        const auto error = malformed_json(place.body);
        ASSERT_EQ(error.fields().size(), 1U);
        EXPECT_EQ(error.fields().front().pointer, place.pointer) << place.body;
        EXPECT_THAT(error.message(), testing::HasSubstr(place.detail)) << place.body;
        EXPECT_EQ(error.fields().front().code, "malformed_json");
        EXPECT_TRUE(is_valid_utf8(error.message()));
    }
}

TEST(JsonDiagnosis, StandsAnyDepth)
{
    EXPECT_TRUE(diagnose(std::string(1'000'000, '[')).has_value());
    EXPECT_FALSE(diagnose(std::string(500'000, '[') + std::string(500'000, ']')).has_value());
}

TEST(JsonText, NumbersAreJudged)
{
    for (const auto* text : {"0", "-0", "10", "1.5", "1e308", "-1E-999", "0.1e+3"}) {
        EXPECT_EQ(judge_number(text), Number::finite) << text;
    }
    for (const auto* text : {"", "-", "01", "1.", ".1", "1e", "+1", "1e+", "0x1", "1 ", "1a"}) {
        EXPECT_EQ(judge_number(text), Number::malformed) << text;
    }
    EXPECT_EQ(judge_number("1e309"), Number::overflowing);
    EXPECT_EQ(judge_number("-1e99999999999"), Number::overflowing);
    EXPECT_EQ(judge_number("1e-99999999999"), Number::finite);
    EXPECT_EQ(judge_number(std::string(308, '9')), Number::finite);
    EXPECT_EQ(judge_number(std::string(310, '9')), Number::overflowing);
}

TEST(JsonText, StringsRoundTripThroughAnotherParser)
{
    std::mt19937 random(11);
    const std::vector<std::string> pieces{"a", "\"", "\\", "\n",       "\x01", "\x1f",
                                          "é", "🙂", "/",  "12345678", "\x7f", "\t"};
    for (int round = 0; round < 2'000; ++round) {
        std::string text;
        for (auto n = random() % 24; n > 0; --n) text += pieces[random() % pieces.size()];
        std::string json;
        append_json_string(json, text);
        EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), text);
    }
}

}  // namespace winnow::intake
