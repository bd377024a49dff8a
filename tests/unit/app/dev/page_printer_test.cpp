#include "app/dev/page_printer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace winnow::app::dev {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const PagePrinter::Clock::time_point kNow{1'000s};

std::string message(const std::string& title, const std::string& description = "")
{
    return R"({"type":"ticket.opened","timestamp":"2026-11-23T06:00:00.000Z","tenant":"demo1","event_seq":1,"ticket":)"
           R"({"id":"018f3a5e-0000-7000-8000-000000000002","number":12,"state":"open","severity":"critical","title":")" +
           title + R"(","description":")" + description +
           R"(","dedup_key":"k","source":"db-7","service":"","occurrences":3,"opened_at":"","last_seen_at":""}})";
}

TEST(PagePrinter, ShowsWhatPeopleWouldRead)
{
    const auto text = PagePrinter().page(message("disk 93% full"), kNow);
    EXPECT_THAT(text, HasSubstr("sent to the built-in receiver: [#12 CRITICAL] disk 93% full\n"));
    EXPECT_THAT(text, HasSubstr("  | Source:"));
    EXPECT_THAT(text, HasSubstr("winnow ticket ack 12"));
}

TEST(PagePrinter, NothingThatASenderWroteDrivesTheTerminal)
{
    const std::string hostile = R"(\u001b]0;owned\u0007\u001b[2J\u009b31m\r\b\u007f\u202eevil\u2066\u2028x)";
    const auto text = PagePrinter().page(message(hostile, hostile + R"(\n)" + hostile), kNow);
    EXPECT_THAT(text, HasSubstr("owned"));
    for (const std::string_view bad : {"\x1b", "\x07", "\xc2\x9b", "\r", "\b", "\x7f", "\u202e", "\u2066", "\u2028"}) {
        EXPECT_THAT(text, Not(HasSubstr(std::string(bad))));
    }
}

TEST(PagePrinter, AMessageIsShort)
{
    std::string lines;
    for (int i = 0; i < 10'000; ++i) lines += R"(line\n)";
    const auto text = PagePrinter().page(message(std::string(100'000, 'x'), lines), kNow);
    EXPECT_LT(text.size(), 4'000U);
    EXPECT_LT(std::ranges::count(text, '\n'), 25);
    EXPECT_THAT(text, HasSubstr("  | …\n"));
    EXPECT_THAT(text, HasSubstr("  | Look at it:  winnow ticket show 12\n  | Take it on:  winnow ticket ack 12\n"))
        << "what to do next is never cut";
}

TEST(PagePrinter, WhatIsNoMessageIsSaidToBeNone)
{
    for (const std::string body : {"", "{", "\xff\xfe", "[]", "{\"ticket\":1}"}) {
        EXPECT_THAT(PagePrinter().page(body, kNow), HasSubstr("a message that cannot be shown")) << body;
    }
}

TEST(PagePrinter, OfMoreThanAFewInASecondTheCountIsTold)
{
    PagePrinter printer;
    std::string shown;
    for (int i = 0; i < 100; ++i) shown += printer.page(message("flood"), kNow + 1ms * i);
    std::size_t pages = 0;
    for (auto at = shown.find("built-in"); at != std::string::npos; at = shown.find("built-in", at + 1)) ++pages;
    EXPECT_EQ(pages, 25U) << "five whole, the others a line each";
    std::size_t whole = 0;
    for (auto at = shown.find("ticket ack"); at != std::string::npos; at = shown.find("ticket ack", at + 1)) ++whole;
    EXPECT_EQ(whole, 5U);
    EXPECT_EQ(printer.rest(kNow + 900ms), "") << "its second is not over";
    EXPECT_THAT(printer.rest(kNow + 1'001ms), HasSubstr("75 more messages"));
    EXPECT_EQ(printer.rest(kNow + 3s), "") << "told once";
    EXPECT_THAT(printer.page(message("after"), kNow + 4s), HasSubstr("after"));
}

}  // namespace
}  // namespace winnow::app::dev
