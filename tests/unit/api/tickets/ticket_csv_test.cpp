#include "api/tickets/ticket_csv.hpp"

#include "winnow/tickets/ticket_fields.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace winnow::api {
namespace {

/// The names of the columns that were added behind the first `known`, each after a comma. That they are the right ones
/// TicketList.ShowsTheFieldsOfTheContract says, of what is served.
std::string names_behind(int known)
{
    std::map<int, std::string_view> later;
    for (const auto& field : tickets::ticket_fields()) {
        if (field.csv > known) later.emplace(field.csv, field.name);
    }
    std::string names;
    for (const auto& [place, name] : later) names.append(",").append(name);
    return names;
}

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

/// What people's own programs read by place: a column is never renamed or moved, and new ones come last.
TEST(TicketsCsv, IsTheseBytes)
{
    using std::chrono::milliseconds;
    const auto id = [](std::uint64_t low) {
        return Uuid::from_words(0x0123'4567'89ab'7cde, low);
    };
    domain::Ticket ticket;
    ticket.id = TicketId(id(0x8f01'2345'6789'0001));
    ticket.number = 42;
    ticket.state = domain::TicketState::closed;
    ticket.severity = domain::Severity::critical;
    ticket.priority = "P1";
    ticket.title = "disk 93% full, again";
    ticket.description = "of \"db-7\"";
    ticket.dedup_key = "db-7/disk";
    ticket.source = "db-7";
    ticket.service = "billing";
    ticket.component = "not shown";
    ticket.group = "storage";
    ticket.class_name = "not shown";
    ticket.labels.set("env", "prod");
    ticket.labels.set("地域", "東京");
    ticket.assignee = UserId(id(0x8f01'2345'6789'0002));
    ticket.due_at = Timestamp(milliseconds{1'764'000'000'001});
    ticket.occurrences = 7;
    ticket.first_seen_at = Timestamp(milliseconds{1'764'000'000'002});
    ticket.last_seen_at = Timestamp(milliseconds{1'764'000'000'003});
    ticket.opened_at = Timestamp(milliseconds{1'764'000'000'004});
    ticket.acknowledged_at = Timestamp(milliseconds{1'764'000'000'005});
    ticket.recovered_at = Timestamp(milliseconds{1'764'000'000'006});
    ticket.closed_at = Timestamp(milliseconds{1'764'000'000'007});
    ticket.parent_id = TicketId(id(0x8f01'2345'6789'0003));
    ticket.suppressed = true;
    ticket.suppression_reason = "a silence";
    ticket.cause = "=logs";
    ticket.impact = "none";
    ticket.measure = "two\nlines";
    ticket.approver = "ann";
    const auto later = names_behind(28);
    const std::string known =
        "id,number,state,severity,priority,title,description,dedup_key,source,service,group,labels,assignee,"
        "due_at,occurrences,first_seen_at,last_seen_at,opened_at,acknowledged_at,recovered_at,closed_at,parent_id,"
        "suppressed,suppression_reason,cause,impact,measure,approver" +
        later +
        "\r\n"
        "01234567-89ab-7cde-8f01-234567890001,42,closed,critical,P1,\"disk 93% full, again\",\"of \"\"db-7\"\"\","
        "db-7/disk,db-7,billing,storage,env=prod 地域=東京,01234567-89ab-7cde-8f01-234567890002,"
        "2025-11-24T16:00:00.001Z,7,2025-11-24T16:00:00.002Z,2025-11-24T16:00:00.003Z,2025-11-24T16:00:00.004Z,"
        "2025-11-24T16:00:00.005Z,2025-11-24T16:00:00.006Z,2025-11-24T16:00:00.007Z,"
        "01234567-89ab-7cde-8f01-234567890003,true,a silence,'=logs,none,\"two\nlines\",ann";
    const auto csv = tickets_csv({ticket});
    EXPECT_EQ(csv.substr(0, known.size()), known);
    EXPECT_EQ(csv.substr(known.size(), later.empty() ? std::string::npos : 1), later.empty() ? "\r\n" : ",");
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
