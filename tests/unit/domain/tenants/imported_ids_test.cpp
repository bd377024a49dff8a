#include "winnow/domain/tenants/imported_ids.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace winnow::domain {
namespace {

using testing::HasSubstr;
using testing::Not;

const Uuid kUser = Uuid::parse("0199c0de-0000-7000-8000-00000000000a").value();
const Uuid kHere = Uuid::parse("0199c0de-0000-7000-8000-00000000000b").value();
const Timestamp kNoon = parse_rfc3339("2026-11-28T12:00:00.123Z").value();

AlertIds::Root root_of(std::uint8_t first)
{
    AlertIds::Root root{};
    root[0] = first;
    return root;
}

class ImportedIdsTest : public testing::Test {
protected:
    [[nodiscard]] static AlertId there(std::uint64_t seq, std::uint16_t index, Timestamp at = kNoon)
    {
        static const auto ids = AlertIds(root_of(1)).of(TenantId(kUser));
        return ids.alert({.row = {.received_at = at, .stream = kFirstMaskedStream + 7, .seq = seq}, .index = index});
    }

    const TenantIds here_ = AlertIds(root_of(2)).of(TenantId(kHere));
    const ImportedIds ids_{here_, kFirstMaskedStream + 3, {{kUser, kHere}}};
};

TEST_F(ImportedIdsTest, AnAlertKeepsWhenItCameAndWhereItStoodInItsRow)
{
    const auto id = ids_.alert(there(5, 9));
    EXPECT_NE(id, there(5, 9));
    EXPECT_EQ(id, ids_.alert(there(5, 9))) << "it follows from the old one alone";
    const auto position = here_.position(id);
    ASSERT_TRUE(position.has_value()) << "it is one that this tenant's alerts have";
    EXPECT_EQ(position->row.received_at, kNoon);
    EXPECT_EQ(position->row.stream, kFirstMaskedStream + 3);
    EXPECT_EQ(position->index, 9);
    EXPECT_EQ(position->row, ids_.row(there(5, 9)));
    EXPECT_EQ(index_of(there(5, 9)), 9);
}

TEST_F(ImportedIdsTest, AlertsOfARowStayInOneRowAndOthersDoNotJoinThem)
{
    EXPECT_EQ(ids_.row(there(5, 0)), ids_.row(there(5, 16'383)));
    EXPECT_EQ(first_of_row(there(5, 16'383)), there(5, 0));
    std::set<RowPosition> rows;
    for (std::uint64_t seq = 1; seq <= 10'000; ++seq) {
        const auto row = ids_.row(there(seq, 0));
        EXPECT_GE(row.seq, 1U);
        EXPECT_LE(row.seq, kMaxSeq);
        rows.insert(row);
    }
    EXPECT_EQ(rows.size(), 10'000U) << "all of one millisecond";
}

TEST_F(ImportedIdsTest, WhatNamesAnAlertOrAUserOfBothNamesItHere)
{
    const auto old = there(5, 9).str();
    const std::string ticket =
        TicketId(Uuid::from_words(there(5, 9).value().high(), there(5, 9).value().low() | 1)).str();
    const auto text =
        R"({"a":")" + old + R"(","by":"user:)" + kUser.str() + R"(","t":")" + ticket + R"(","-":"--------"})";
    const auto here = ids_.rewritten(text);
    EXPECT_EQ(here.size(), text.size());
    EXPECT_THAT(here, HasSubstr(ids_.alert(there(5, 9)).str()));
    EXPECT_THAT(here, HasSubstr("user:" + kHere.str()));
    EXPECT_THAT(here, HasSubstr(ticket)) << "tickets keep their names";
    EXPECT_THAT(here, Not(HasSubstr(old)));
    EXPECT_THAT(here, Not(HasSubstr(kUser.str())));
}

TEST_F(ImportedIdsTest, WhatIsNoIdIsLeftAlone)
{
    const auto old = there(5, 9).str();
    for (const std::string& text : {std::string(), std::string("-"), std::string(36, '-'), old.substr(0, 35),
                                    "x-y-" + old.substr(1), old.substr(0, 30) + "g" + old.substr(31)}) {
        EXPECT_EQ(ids_.rewritten(text), text);
    }
    EXPECT_EQ(ids_.rewritten("----" + old + old),
              "----" + ids_.alert(there(5, 9)).str() + ids_.alert(there(5, 9)).str());
}

}  // namespace
}  // namespace winnow::domain
