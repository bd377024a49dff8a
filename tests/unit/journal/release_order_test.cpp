#include "journal/release_order.hpp"

#include <gmock/gmock.h>

namespace winnow::journal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReleaseOrderTest : public testing::Test {
protected:
    static std::vector<CommittedRow> rows(domain::StreamId stream, std::uint64_t first, std::uint64_t last)
    {
        std::vector<CommittedRow> made;
        for (auto seq = first; seq <= last; ++seq) {
            auto& row = made.emplace_back();
            row.position.stream = stream;
            row.position.seq = seq;
        }
        return made;
    }

    std::vector<std::uint64_t> released_;
    ReleaseOrder order_{[this](const std::vector<CommittedRow>& rows) {
        for (const auto& row : rows) released_.push_back(row.position.seq);
    }};
};

TEST_F(ReleaseOrderTest, ALaterOneWaitsForTheEarlier)
{
    order_.begin(1, 1, 2);
    order_.begin(1, 3, 3);
    order_.decide(1, 3, rows(1, 3, 3));
    EXPECT_THAT(released_, IsEmpty());
    EXPECT_EQ(order_.released(1), 0U);
    order_.decide(1, 1, rows(1, 1, 2));
    EXPECT_THAT(released_, ElementsAre(1, 2, 3));
    EXPECT_EQ(order_.released(1), 3U);
}

TEST_F(ReleaseOrderTest, WhatWasNotStoredHoldsUpNobody)
{
    order_.begin(1, 1, 4);
    order_.begin(1, 5, 5);
    order_.decide(1, 5, rows(1, 5, 5));
    order_.decide(1, 1, {});
    EXPECT_THAT(released_, ElementsAre(5));
    EXPECT_EQ(order_.released(1), 5U);
}

TEST_F(ReleaseOrderTest, WhatIsNeverDecidedIsNeverCalledReleased)
{
    order_.begin(1, 1, 1);
    order_.begin(1, 2, 2);
    order_.decide(1, 2, rows(1, 2, 2));
    EXPECT_EQ(order_.released(1), 0U);
    EXPECT_THAT(released_, IsEmpty());
}

TEST_F(ReleaseOrderTest, ANewStreamBeginsAnew)
{
    order_.begin(1, 7, 7);
    order_.begin(2, 1, 1);
    order_.decide(2, 1, rows(2, 1, 1));
    EXPECT_EQ(order_.released(2), 0U) << "the old stream's last is not decided yet";
    order_.decide(1, 7, rows(1, 7, 7));
    EXPECT_THAT(released_, ElementsAre(7, 1));
    EXPECT_EQ(order_.released(2), 1U);
    EXPECT_EQ(order_.released(1), 0U);
}

TEST_F(ReleaseOrderTest, SaysWhenTheSinkHasThem)
{
    std::vector<std::pair<int, std::size_t>> told;  // with how many rows the sink had
    const auto tell = [&](int number) {
        return [&, number] {
            told.emplace_back(number, released_.size());
        };
    };
    order_.begin(1, 1, 2);
    order_.begin(1, 3, 3);
    order_.decide(1, 3, rows(1, 3, 3), tell(2));
    EXPECT_THAT(told, IsEmpty());
    order_.decide(1, 1, rows(1, 1, 2), tell(1));
    EXPECT_THAT(told, ElementsAre(std::pair(1, 3U), std::pair(2, 3U)));
    order_.decide(1, 9, {}, tell(3));
    EXPECT_EQ(told.size(), 3U) << "what nobody knows is waited for by nobody";
}

TEST_F(ReleaseOrderTest, ADecisionAboutNothingChangesNothing)
{
    order_.begin(1, 1, 1);
    order_.decide(1, 9, rows(1, 9, 9));
    order_.decide(2, 1, rows(2, 1, 1));
    EXPECT_THAT(released_, IsEmpty());
}

}  // namespace
}  // namespace winnow::journal
