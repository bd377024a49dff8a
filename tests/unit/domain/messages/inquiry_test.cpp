#include "winnow/domain/messages/inquiry.hpp"

#include <gtest/gtest.h>

namespace winnow::domain {
namespace {

using State = InquiryState;
using Event = InquiryEvent;

TEST(Inquiries, AreOpenWhileTheTenantSpokeLastAndEndForGood)
{
    for (const auto state : {State::open, State::answered}) {
        EXPECT_EQ(next(state, Event::ask), State::open);
        EXPECT_EQ(next(state, Event::answer), State::answered);
        EXPECT_EQ(next(state, Event::close), State::closed);
    }
    for (const auto event : kInquiryEvents) EXPECT_EQ(next(State::closed, event), std::nullopt);
}

TEST(Inquiries, HaveStatesThatAreReadBack)
{
    EXPECT_EQ(inquiry_states().size(), 3U);
    for (const auto state : inquiry_states()) EXPECT_EQ(parse_inquiry_state(to_string(state)), state);
    EXPECT_EQ(parse_inquiry_state("done"), std::nullopt);
    EXPECT_NE(to_string(InquirySide::tenant), to_string(InquirySide::provider));
}

}  // namespace
}  // namespace winnow::domain
