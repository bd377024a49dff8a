#include "winnow/base/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

TEST(Utf8, EveryCodePointAloneIsValidExceptSurrogates)
{
    const auto encode = [](std::uint32_t c) {
        std::string text;
        if (c < 0x80) {
            text += static_cast<char>(c);
        } else if (c < 0x800) {
            text += {static_cast<char>(0xC0U | c >> 6U), static_cast<char>(0x80U | (c & 0x3FU))};
        } else if (c < 0x10000) {
            text += {static_cast<char>(0xE0U | c >> 12U), static_cast<char>(0x80U | (c >> 6U & 0x3FU)),
                     static_cast<char>(0x80U | (c & 0x3FU))};
        } else {
            text += {static_cast<char>(0xF0U | c >> 18U), static_cast<char>(0x80U | (c >> 12U & 0x3FU)),
                     static_cast<char>(0x80U | (c >> 6U & 0x3FU)), static_cast<char>(0x80U | (c & 0x3FU))};
        }
        return text;
    };
    for (std::uint32_t c = 0; c < 0x110400; ++c) {
        const bool good = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        const auto text = encode(c);
        ASSERT_EQ(is_valid_utf8(text), good) << c;
        if (good) ASSERT_EQ(count_code_points(text), 1U) << c;
        if (text.size() > 1) ASSERT_FALSE(is_valid_utf8(text.substr(0, text.size() - 1))) << c;
    }
}

TEST(Utf8, RefusesOverlongAndStrayBytes)
{
    for (const std::string_view text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
                                        "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xfe", "\xff",
                                        "a\xc3", "\xc3(", "\xe2\x82(", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80"}) {
        EXPECT_FALSE(is_valid_utf8(text));
    }
    EXPECT_TRUE(is_valid_utf8(""));
    EXPECT_TRUE(is_valid_utf8(std::string_view("a\0b", 3)));
}

TEST(Utf8, CountsCodePointsNotBytes)
{
    EXPECT_EQ(count_code_points(""), 0U);
    EXPECT_EQ(count_code_points("aé€🙂"), 4U);
}

TEST(Utf8, TruncatesBetweenCodePoints)
{
    const std::string text = "aé€🙂";  // 1, 2, 3 and 4 bytes
    const std::vector<std::string> cut{"", "a", "a", "aé", "aé", "aé", "aé€", "aé€", "aé€", "aé€", "aé€🙂", "aé€🙂"};
    for (std::size_t bytes = 0; bytes < cut.size(); ++bytes) EXPECT_EQ(truncate_utf8(text, bytes), cut[bytes]) << bytes;
}

TEST(ControlCharacters, AreC0ButForWhitespaceAndDel)
{
    for (int c = 0; c < 256; ++c) {
        const bool expected = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
        const std::string text = std::string("a") + static_cast<char>(c);
        EXPECT_EQ(has_control_characters(text), expected) << c;
    }
    EXPECT_FALSE(has_control_characters(""));
}

TEST(CodePoints, AreReadOneByOneAndWhatIsNoneIsOneByte)
{
    const auto read = [](std::string_view text) {
        const auto [value, bytes] = first_code_point(text);
        return std::pair(std::uint32_t{value}, bytes);
    };
    EXPECT_EQ(read("a"), std::pair(0x61U, std::size_t{1}));
    EXPECT_EQ(read(std::string_view("\0b", 2)), std::pair(0U, std::size_t{1}));
    EXPECT_EQ(read("\u009bx"), std::pair(0x9BU, std::size_t{2}));
    EXPECT_EQ(read("\u07ff"), std::pair(0x7FFU, std::size_t{2}));
    EXPECT_EQ(read("\u202ex"), std::pair(0x202EU, std::size_t{3}));
    EXPECT_EQ(read("\U000E0041"), std::pair(0xE0041U, std::size_t{4}));
    EXPECT_EQ(read("\U0010FFFF"), std::pair(0x10FFFFU, std::size_t{4}));
    for (const std::string_view broken : {"\xff", "\xc2", "\xe2\x80", "\xed\xa0\x80", "\x80"}) {
        EXPECT_EQ(read(broken), std::pair(0xFFFDU, std::size_t{1}));
    }
}

TEST(HiddenText, IsSeenAndNothingElseIsTouched)
{
    EXPECT_EQ(shown_text("Grüße, 日本, 👍🏽, ❤️, a\u00a0b"), "Grüße, 日本, 👍🏽, ❤️, a\u00a0b");
    EXPECT_EQ(shown_text("a\tb\nc\x1b[2J"), "a b c [2J");
    EXPECT_EQ(shown_text("a\tb\nc\rd\x1b", LineFeeds::kept), "a\tb\nc d ");
    EXPECT_EQ(shown_text("caf\xc3\xa9 \xff!"), "caf\xc3\xa9 \uFFFD!");
    EXPECT_EQ(shown_text(""), "");
    for (char32_t c = 0; c < 0x100; ++c) {
        EXPECT_EQ(is_hidden(c), c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD) << std::uint32_t{c};
    }
    EXPECT_FALSE(has_hidden("plain"));
    EXPECT_TRUE(has_hidden("pl\u200bain"));
}

TEST(JsonEscapes, AreOneOrTwo)
{
    std::string text;
    append_json_escape(text, 0x9B);
    append_json_escape(text, 0xE0041);
    EXPECT_EQ(text, R"(\u009b\udb40\udc41)");
}

TEST(EditDistance, CountsEdits)
{
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(EditDistance, TwoLettersThatChangedPlacesAreOneSlip)
{
    EXPECT_EQ(edit_distance("tilte", "title"), 1U);
    EXPECT_EQ(edit_distance("itlte", "title"), 2U);
    EXPECT_EQ(edit_distance("ab", "ba"), 1U);
    EXPECT_EQ(edit_distance("abc", "cab"), 2U) << "no neighbours";
}

TEST(Nearest, ASwapAndTheFirstLetterTellWhatWasMeant)
{
    const std::array<std::string_view, 3> options{"--file", "--limit", "--title"};
    EXPECT_EQ(nearest("--tilte", options), "--title");
    EXPECT_EQ(nearest("--tile", options), "--title");
    EXPECT_EQ(nearest("--lile", options), "--file") << "the first letter may be the wrong one";
    EXPECT_EQ(nearest("itcket", std::array<std::string_view, 1>{"ticket"}), "ticket");
    EXPECT_EQ(nearest("cat", std::array<std::string_view, 2>{"bat", "cot"}), "cot");
    EXPECT_EQ(nearest("", options), "");
}

TEST(Nearest, SuggestsOnlyWhatIsNear)
{
    const std::array<std::string_view, 3> words{"severity", "service", "source"};
    EXPECT_EQ(nearest("severty", words), "severity");
    EXPECT_EQ(nearest("sorce", words), "source");
    EXPECT_EQ(nearest("zzzzzz", words), "");
    EXPECT_EQ(nearest("severity", std::vector<std::string>{}), "");
}

}  // namespace winnow
