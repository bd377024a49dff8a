/// @file
/// What a trial's owner and its process write to each other.

#include "pipeline/takeover/trial_lines.hpp"

#include "unit/pipeline/fakes.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace winnow::pipeline {
namespace {

const TriedRow kRow{.tenant = tenant_id(1), .seq = 7};

std::string said(std::string_view word)
{
    return std::string(word);
}

TEST(TrialLines, AnOrderIsReadAsItWasWritten)
{
    TrialOrder order{.stream = 5, .rows = 4'096, .aside = {}};
    order.aside.push_back({.row = kRow, .unread = true});
    order.aside.push_back({.row = {.tenant = tenant_id(2), .seq = 8}, .unread = false});
    order.last = {tenant_id(3), tenant_id(4)};
    order.left = {tenant_id(5)};
    const auto read = order_of(order_line(order));
    EXPECT_EQ(read.stream, 5);
    EXPECT_EQ(read.rows, 4'096U);
    ASSERT_EQ(read.aside.size(), 2U);
    EXPECT_EQ(read.aside[0].row, kRow);
    EXPECT_TRUE(read.aside[0].unread);
    EXPECT_EQ(read.aside[1].row, order.aside[1].row);
    EXPECT_FALSE(read.aside[1].unread);
    EXPECT_EQ(read.last, order.last);
    EXPECT_EQ(read.left, order.left);
}

TEST(TrialLines, WhatIsNoOrderIsRefused)
{
    for (const auto* const line : {"", "5", "5 256", "5 256 0", "5 256 0 0", "5 256 1", "5 256 1 tenant 7 0",
                                   "5 256 1 x", "5 256 0 1 tenant 0"}) {
        EXPECT_THROW(static_cast<void>(order_of(line)), std::runtime_error) << line;
    }
}

TEST(TrialLines, AReportSaysWhichRowAProcessIsAtAndWhatItHasDone)
{
    TrialReport report;
    hear(report, row_line(kReading, kRow));
    EXPECT_EQ(report.at, kRow);
    EXPECT_TRUE(report.reading);
    hear(report, row_line(kFolding, kRow));
    EXPECT_EQ(report.at, kRow);
    EXPECT_FALSE(report.reading);
    hear(report, count_line(kApplied, 3));
    EXPECT_FALSE(report.at) << "what ends the process now is not that row";
    hear(report, count_line(kApplied, 2));
    hear(report, row_line(kSetAside, kRow));
    EXPECT_EQ(report.alerts, 5U);
    EXPECT_THAT(report.set_aside, testing::ElementsAre(kRow));
    EXPECT_EQ(report.state, TrialReport::State::running);
    hear(report, said(kWorking));
    EXPECT_EQ(report.state, TrialReport::State::running);
    hear(report, said(kPassed));
    EXPECT_EQ(report.state, TrialReport::State::passed);
    EXPECT_EQ(report.steps, 7U);
}

TEST(TrialLines, ARowThatIsSlowToStoreIsNamed)
{
    TrialReport report;
    hear(report, row_line(kFolding, kRow));
    hear(report, said(kSlow));
    EXPECT_EQ(report.state, TrialReport::State::slow);
    EXPECT_EQ(report.at, kRow);
}

}  // namespace
}  // namespace winnow::pipeline
