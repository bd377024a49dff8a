#include "dispatch/slots.hpp"

#include <gmock/gmock.h>

namespace winnow::dispatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ContactId contact(std::uint64_t number)
{
    return ContactId(Uuid::from_words(8, number));
}

TEST(Slots, AContactTakesNoMoreThanItsShare)
{
    Slots slots(10, 2, 5);
    EXPECT_EQ(slots.free_for(contact(1)), 2U);
    slots.take(contact(1));
    EXPECT_EQ(slots.free_for(contact(1)), 1U);
    EXPECT_THAT(slots.busy(), IsEmpty());
    slots.take(contact(1));
    EXPECT_EQ(slots.free_for(contact(1)), 0U);
    EXPECT_THAT(slots.busy(), ElementsAre(contact(1)));
    EXPECT_EQ(slots.free_for(contact(2)), 2U);
    EXPECT_EQ(slots.in_flight(), 2U);
    EXPECT_EQ(slots.free(), 8U);
    slots.give_back(contact(1), true);
    EXPECT_EQ(slots.free_for(contact(1)), 1U);
    EXPECT_EQ(slots.free(), 9U);
}

TEST(Slots, AfterFailuresInARowAContactIsTriedOneAtATimeUntilOneSucceeds)
{
    Slots slots(10, 3, 2);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(slots.free_for(contact(1)), 3U);
        slots.take(contact(1));
        slots.give_back(contact(1), false);
    }
    EXPECT_EQ(slots.free_for(contact(1)), 1U);
    slots.take(contact(1));
    EXPECT_THAT(slots.busy(), ElementsAre(contact(1)));
    slots.give_back(contact(1), true);
    EXPECT_EQ(slots.free_for(contact(1)), 3U);
}

TEST(Slots, WhatIsAlreadyInFlightWhenAContactBeginsToFailIsNotCountedBelowZero)
{
    Slots slots(10, 3, 1);
    for (int i = 0; i < 3; ++i) slots.take(contact(1));
    slots.give_back(contact(1), false);
    EXPECT_EQ(slots.free_for(contact(1)), 0U) << "two are still under way, and one may be";
    slots.give_back(contact(1), false);
    EXPECT_EQ(slots.free_for(contact(1)), 0U);
    slots.give_back(contact(1), false);
    EXPECT_EQ(slots.free_for(contact(1)), 1U);
}

}  // namespace
}  // namespace winnow::dispatch
