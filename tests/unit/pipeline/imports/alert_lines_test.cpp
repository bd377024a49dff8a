#include "pipeline/imports/alert_lines.hpp"

#include "pipeline/imports/archive_reading.hpp"
#include "winnow/journal/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace winnow::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Timestamp kNoon = parse_rfc3339("2026-11-28T12:00:00.123Z").value();
const TenantId kTenant = TenantId::parse("0199c0de-0000-7000-8000-00000000000a").value();

AlertId id_of(std::uint64_t seq, std::uint16_t index, Timestamp at = kNoon)
{
    return domain::AlertIds({1}).of(kTenant).alert(
        {.row = {.received_at = at, .stream = domain::kFirstMaskedStream, .seq = seq}, .index = index});
}

std::string line_of(std::uint64_t seq, std::uint16_t index, const std::string& rest = R"(,"title":"one"})",
                    Timestamp at = kNoon)
{
    return R"({"alert_id":")" + id_of(seq, index, at).str() + R"(","received_at":")" + format_rfc3339(at) + '"' + rest;
}

TEST(AlertLineReader, TakesALineApartAndKeepsTheAlertAsItIsKeptToday)
{
    AlertLineReader reader;
    std::string wrong;
    const auto read = reader.read(line_of(5, 9), wrong);
    ASSERT_TRUE(read.has_value()) << wrong;
    EXPECT_EQ(wrong, "");
    EXPECT_EQ(read->id, id_of(5, 9));
    EXPECT_EQ(read->received_at, kNoon);
    EXPECT_EQ(read->canonical, R"({"title":"one"})");
    const auto nothing = reader.read(line_of(5, 9, "}"), wrong);
    ASSERT_TRUE(nothing.has_value()) << wrong;
    EXPECT_EQ(nothing->canonical, "{}") << "nothing of the alert before is left";
}

TEST(AlertLineReader, SaysWhatIsWrong)
{
    AlertLineReader reader;
    const auto wrong_of = [&](const std::string& line) {
        std::string wrong;
        EXPECT_FALSE(reader.read(line, wrong).has_value()) << line;
        return wrong;
    };
    const auto good = line_of(5, 9);
    const std::string begin = "does not begin with an alert's id and when it came";
    for (std::size_t length = 0; length < 94; ++length) EXPECT_THAT(wrong_of(good.substr(0, length)), HasSubstr(""));
    EXPECT_EQ(wrong_of(""), begin);
    EXPECT_EQ(wrong_of("{}"), begin);
    EXPECT_EQ(wrong_of(R"({"title":"one"})"), begin);
    auto ticket = good;
    ticket.replace(13, 36, kTenant.str());
    EXPECT_EQ(wrong_of(ticket), begin) << "an id, but no alert's";
    auto later = good;
    later.replace(later.find("12:00:00.123"), 12, "12:00:00.124");
    EXPECT_EQ(wrong_of(later), "came at another time than its id says");
    EXPECT_EQ(wrong_of(line_of(5, 9, R"(,"title":1})")), "is not as an alert is kept: export again");
    EXPECT_EQ(wrong_of(line_of(5, 9, R"(,"title":"one")")), "is not as an alert is kept: export again");
    EXPECT_EQ(wrong_of(line_of(5, 9, R"(,"title":"one"}{})")), "is not as an alert is kept: export again");
    EXPECT_EQ(wrong_of(line_of(5, 9, R"("title":"one"})")), begin);
    EXPECT_EQ(wrong_of(line_of(5, 9, R"(,"title":")" + std::string(kMostAlertBytes, 'x') + "\"}")),
              "is longer than an alert that is kept");
}

TEST(AlertLineCheck, AlertsStandInTheirOrderAndDay)
{
    using namespace std::chrono_literals;
    AlertLineCheck check("2026-11-29");
    EXPECT_EQ(check.check(line_of(5, 0), "2026-11-28"), "");
    EXPECT_EQ(check.check(line_of(5, 2), "2026-11-28"), "");
    EXPECT_THAT(check.check(line_of(5, 2), "2026-11-28"), HasSubstr("stands twice"));
    EXPECT_THAT(check.check(line_of(5, 1), "2026-11-28"), HasSubstr("stands twice, or before the line above"));
    EXPECT_EQ(check.check(line_of(6, 0), "2026-11-28"), "") << "another row of the same moment";
    EXPECT_THAT(check.check(line_of(7, 0, "}", kNoon - 1ms), "2026-11-28"), HasSubstr("came before the line above"));
    EXPECT_EQ(check.check(line_of(8, 0, "}", kNoon + 1ms), "2026-11-28"), "");
    EXPECT_THAT(check.check(line_of(9, 0, "}", kNoon + 24h), "2026-11-28"), HasSubstr("the folder of another day"));
    EXPECT_EQ(check.check(line_of(9, 0, "}", kNoon + 24h), "2026-11-29"), "");
    EXPECT_EQ(check.check(line_of(10, 0, "}", kNoon + 48h), "2026-11-30"), "comes from the future");
    EXPECT_THAT(check.check("{}", "2026-11-30"), HasSubstr("does not begin"));
}

TEST(AlertLineCheck, WhatCameAtOnceFitsIntoMemory)
{
    AlertLineCheck check("2026-11-29");
    const auto rest = R"(,"description":")" + std::string((std::size_t{1} << 19U), 'x') + "\"}";
    for (std::uint16_t index = 0; index < 63; ++index)
        EXPECT_EQ(check.check(line_of(5, index, rest), "2026-11-28"), "");
    EXPECT_EQ(check.check(line_of(5, 63, rest), "2026-11-28"), "is one of too many that came at once");
    EXPECT_EQ(check.check(line_of(6, 0, rest), "2026-11-28"), "");
}

TEST(AlertRows, AlertsOfARowBecomeOneWithItsGapsAndVerdicts)
{
    const auto here = domain::AlertIds({2}).of(kTenant);
    const domain::ImportedIds ids(here, domain::kFirstMaskedStream + 1);
    std::vector<ports::ImportedAlerts> given;
    AlertRows rows(ids, [&](const auto& ready) -> Result<Done> {
        given.insert(given.end(), ready.begin(), ready.end());
        return Done{};
    });
    for (const auto& [seq, index] : {std::pair{5, 1}, std::pair{5, 3}, std::pair{6, 0}}) {
        const auto id = id_of(static_cast<std::uint64_t>(seq), static_cast<std::uint16_t>(index));
        EXPECT_TRUE(rows.add({.id = id, .received_at = kNoon, .canonical = "{}"}));
    }
    EXPECT_THAT(given, IsEmpty()) << "some at a time";
    EXPECT_TRUE(rows.end());
    ASSERT_EQ(given.size(), 2U);
    EXPECT_EQ(given[0].position, ids.row(id_of(5, 0)));
    EXPECT_EQ(given[0].alerts, 2) << "gaps do not count";
    EXPECT_EQ(journal::decode_rows(given[0].payload).value(), "\n{}\n\n{}\n");
    const auto verdicts = journal::decode_verdicts(given[0].verdicts).value();
    ASSERT_EQ(verdicts.size(), 4U);
    EXPECT_FALSE(verdicts[0].has_value());
    EXPECT_EQ(verdicts[1], domain::Verdict{});
    EXPECT_EQ(given[1].position, ids.row(id_of(6, 0)));
    EXPECT_EQ(given[1].alerts, 1);
    EXPECT_TRUE(rows.end()) << "nothing is left, and nothing is given twice";
    EXPECT_EQ(given.size(), 2U);
}

TEST(AlertRows, WhatTheSinkSaysEndsIt)
{
    const domain::ImportedIds ids({}, domain::kFirstMaskedStream);
    AlertRows rows(ids, [](const auto&) -> Result<Done> { return Error(ErrorCode::unavailable, "away"); });
    EXPECT_TRUE(rows.add({.id = id_of(5, 0), .received_at = kNoon, .canonical = "{}"}));
    const auto ended = rows.end();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().message(), "away");
}

TEST(Batches, HaveSoManyLinesAndBytesAndTheNumbersOfThem)
{
    EXPECT_THAT(batches_of(""), IsEmpty());
    std::string content;
    for (int i = 0; i < 1'001; ++i) content += "{}\n";
    const auto batches = batches_of(content);
    std::vector<std::int64_t> firsts;
    std::size_t lines = 0;
    for (const auto& batch : batches) {
        firsts.push_back(batch.first);
        lines += batch.lines.size();
    }
    EXPECT_THAT(firsts, ElementsAre(1, 501, 1'001));
    EXPECT_EQ(lines, 1'001U);
    const auto long_lines = batches_of(std::string(std::size_t{1} << 20U, 'x') + "\ny\n");
    ASSERT_EQ(long_lines.size(), 2U);
    EXPECT_EQ(long_lines[1].first, 2);
    EXPECT_THAT(long_lines[1].lines, ElementsAre("y"));
}

TEST(ReadLimits, AnArchiveBecomesNoMoreThanItsKindDoes)
{
    EXPECT_EQ(read_limits(1).max_bytes, std::uint64_t{1} << 30U);
    EXPECT_EQ(read_limits(std::int64_t{4} << 30U).max_bytes, (std::uint64_t{4} << 30U) * 50);
}

}  // namespace
}  // namespace winnow::pipeline
