#include "api/rules/rule_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

RuleId id(std::uint64_t number)
{
    return RuleId(Uuid::from_words(0, number));
}

const RuleOrder kOrder{{id(1), 1}, {id(2), 2}, {id(3), 3}, {id(9), 9}};

TEST(RuleOrder, ANewRuleGoesToTheEnd)
{
    EXPECT_EQ(position_at_end({}), 1);
    EXPECT_EQ(position_at_end(kOrder), 10);
}

TEST(RuleOrder, RulesGiveWayUpToTheFirstGap)
{
    EXPECT_THAT(make_room(kOrder, 2, id(7)), ElementsAre(Pair(id(2), 3), Pair(id(3), 4)));
    EXPECT_THAT(make_room(kOrder, 9, id(7)), ElementsAre(Pair(id(9), 10)));
    EXPECT_THAT(make_room(kOrder, 5, id(7)), IsEmpty());
    EXPECT_THAT(make_room(kOrder, 100, id(7)), IsEmpty());
    EXPECT_THAT(make_room({}, 1, id(7)), IsEmpty());
}

TEST(RuleOrder, ThePlaceThatARuleLeavesIsAGap)
{
    EXPECT_THAT(make_room(kOrder, 1, id(3)), ElementsAre(Pair(id(1), 2), Pair(id(2), 3)));
    EXPECT_THAT(make_room(kOrder, 3, id(1)), ElementsAre(Pair(id(3), 4)));
    EXPECT_THAT(make_room(kOrder, 2, id(2)), IsEmpty());
}

TEST(RuleOrder, AReorderingNamesEveryRuleOnce)
{
    const RuleOrder order{{id(1), 1}, {id(2), 2}};
    EXPECT_THAT(reorder_errors(order, {id(2), id(1)}), IsEmpty());
    EXPECT_THAT(reorder_errors({}, {}), IsEmpty());
    EXPECT_EQ(reorder_errors(order, {id(2)}).front().pointer, "/ids");
    EXPECT_EQ(reorder_errors(order, {id(2), id(2), id(1)}).front().pointer, "/ids/1");
    EXPECT_EQ(reorder_errors(order, {id(2), id(1), id(5)}).front().pointer, "/ids/2");
}

TEST(RuleOrder, OnlyRulesWhosePlaceChangesAreMoved)
{
    EXPECT_THAT(renumbered(kOrder, {id(1), id(3), id(2), id(9)}),
                ElementsAre(Pair(id(3), 2), Pair(id(2), 3), Pair(id(9), 4)));
    EXPECT_THAT(renumbered({{id(1), 1}}, {id(1)}), IsEmpty());
}

}  // namespace
}  // namespace winnow::api
