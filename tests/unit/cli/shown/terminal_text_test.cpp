#include "winnow/cli/terminal_text.hpp"

#include "cli/shown/table.hpp"
#include "winnow/base/text.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace winnow::cli {
namespace {

TEST(ForTerminal, CutsBetweenCharactersAndSaysSo)
{
    EXPECT_EQ(for_terminal("abc", 3), "abc");
    EXPECT_EQ(for_terminal("", 0), "");
    const auto cut = for_terminal("ディスク full", 12);
    EXPECT_EQ(cut, "ディス…");
    EXPECT_TRUE(is_valid_utf8(cut));
    EXPECT_TRUE(is_valid_utf8(for_terminal("a\xff\xe3\x83", 100)));
}

TEST(ForTerminal, ALetterIsNotCutFromItsMarks)
{
    EXPECT_EQ(for_terminal("cafe\u0301 noir", 8), "caf…");
    EXPECT_EQ(for_terminal("cafe\u0301 noir", 9), "cafe\u0301…");
    EXPECT_EQ(for_terminal("か\u3099き\u3099", 11), "か\u3099…");
    EXPECT_EQ(for_terminal("か\u3099き\u3099", 12), "か\u3099き\u3099");
}

TEST(ForTerminal, WhatNobodySeesIsSeen)
{
    for (const std::string_view hidden : {"\u00ad", "\u061c", "\u200b", "\u200f", "\u2060", "\ufeff", "\U000E0041"}) {
        EXPECT_EQ(for_terminal("pro" + std::string(hidden) + "d", 100), "pro d");
    }
    EXPECT_EQ(for_terminal("Grüße, 日本, 👍🏽, ❤️", 100), "Grüße, 日本, 👍🏽, ❤️");
}

TEST(ColumnsOf, AreThoseOfATerminal)
{
    EXPECT_EQ(columns_of(""), 0U);
    EXPECT_EQ(columns_of("db-7"), 4U);
    EXPECT_EQ(columns_of("日本語ルール"), 12U);
    EXPECT_EQ(columns_of("ＤＢ７"), 6U) << "fullwidth letters";
    EXPECT_EQ(columns_of("ﾃﾞｨｽｸ"), 5U) << "halfwidth kana";
    EXPECT_EQ(columns_of("café"), 4U);
    EXPECT_EQ(columns_of("cafe\u0301"), 4U) << "a mark stands on its letter";
    EXPECT_EQ(columns_of("か\u3099"), 2U);
    EXPECT_EQ(columns_of("🔥🚨"), 4U);
    EXPECT_EQ(columns_of("\U0001FAE8"), 2U) << "an emoji of a later Unicode than the C library's";
    EXPECT_EQ(columns_of("…─①§"), 4U) << "ambiguous ones are narrow";
    EXPECT_EQ(columns_of("한국어"), 6U);
}

/// The column at which `word` begins in `line`.
std::size_t column_of(const std::string& line, const std::string& word)
{
    return columns_of(std::string_view(line).substr(0, line.find(word)));
}

TEST(Table, ColumnsStandBelowEachOtherWhateverTheScript)
{
    cli::Table table({"NAME", "MODE", "SOURCE", "LAST"});
    for (const auto* name : {"plain", "日本語ルール", "🔥 hot", "cafe\u0301", "ＤＢ７", "한국어 규칙"}) {
        table.add({name, "live", name, "end"});
    }
    std::ostringstream out;
    table.print(out, /*bold_head=*/false);
    std::istringstream lines(out.str());
    std::string head;
    std::getline(lines, head);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_EQ(column_of(line, "live"), column_of(head, "MODE")) << line;
        EXPECT_EQ(column_of(line, "end"), column_of(head, "LAST")) << line;
    }
}

TEST(Table, NoCellDrivesTheTerminal)
{
    cli::Table table({"TITLE", "X"});
    table.add({"a\x1b]0;b\x07\xc2\x9b\u202ec\u2028\xff", "x"});
    std::ostringstream out;
    table.print(out, /*bold_head=*/false);
    EXPECT_EQ(out.str(), "TITLE         X\na ]0;b   c    x\n");
}

}  // namespace
}  // namespace winnow::cli
