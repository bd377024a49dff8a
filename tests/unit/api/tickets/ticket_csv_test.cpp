#include "api/tickets/ticket_csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace winnow::api {
namespace {

TEST(CsvCell, QuotesWhatTheFormatWants)
{
    EXPECT_EQ(csv_cell("plain"), "plain");
    EXPECT_EQ(csv_cell(""), "");
    EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
    EXPECT_EQ(csv_cell("say \"no\""), "\"say \"\"no\"\"\"");
    EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
}

TEST(CsvCell, DisarmsFormulas)
{
    EXPECT_EQ(csv_cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
    EXPECT_EQ(csv_cell("+1"), "'+1");
    EXPECT_EQ(csv_cell("-2"), "'-2");
    EXPECT_EQ(csv_cell("@sum"), "'@sum");
    EXPECT_EQ(csv_cell("\tx"), "\"'\tx\"");
    EXPECT_EQ(csv_cell("\r=x"), "\"'\r'=x\"");
    EXPECT_EQ(csv_cell("a=b"), "a=b");
}

TEST(CsvCell, DisarmsFormulasThatASpreadsheetSeesWhereWeSeeNone)
{
    for (const std::string_view sign : {"＝", "＋", "－", "＠"}) {  // full width: what a Japanese keyboard writes
        EXPECT_EQ(csv_cell(std::string(sign) + "1"), "'" + std::string(sign) + "1");
    }
    for (const std::string_view before : {" ", "  \t", "\u00a0", "\u3000", "\u200b", "\ufeff", "\x01", "\""}) {
        const auto cell = csv_cell(std::string(before) + "=1+1");
        EXPECT_TRUE(cell.starts_with("'") || cell.starts_with("\"'")) << cell << ": blanks are passed over";
    }
    EXPECT_EQ(csv_cell("  a=b"), "  a=b");
    EXPECT_EQ(csv_cell("a ＝b"), "a ＝b");
}

TEST(CsvCell, HasNoWayOutWhereSemicolonsOrTabsSeparate)
{
    EXPECT_EQ(csv_cell("a;=1+1"), "\"a;'=1+1\"") << "a spreadsheet that splits at semicolons sees a cell of its own";
    EXPECT_EQ(csv_cell("a\t＋1"), "\"a\t'＋1\"");
    EXPECT_EQ(csv_cell("a\n=1"), "\"a\n'=1\"");
    EXPECT_EQ(csv_cell("a, -1"), "\"a, -1\"") << "at commas the quotes hold";
    EXPECT_EQ(csv_cell("a;b"), "\"a;b\"");
    EXPECT_EQ(csv_cell("x\";=1"), "\"x\"\";'=1\"");
}

TEST(TicketsCsv, HasAsManyCellsAsColumns)
{
    domain::Ticket ticket;
    ticket.title = "=cmd";
    ticket.labels.set("env", "prod");
    const auto csv = tickets_csv({ticket});
    const auto end = csv.find("\r\n");
    const auto header = csv.substr(0, end);
    const auto line = csv.substr(end + 2);
    EXPECT_EQ(std::ranges::count(header, ','), std::ranges::count(line, ','));
    EXPECT_TRUE(line.ends_with("\r\n"));
    EXPECT_NE(line.find(",'=cmd,"), std::string::npos);
    EXPECT_NE(line.find(",env=prod,"), std::string::npos);
}

}  // namespace
}  // namespace winnow::api
