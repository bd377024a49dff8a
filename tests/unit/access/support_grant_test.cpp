#include "winnow/access/support_grant.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <utility>

namespace winnow::access {

using std::chrono::milliseconds;
using std::chrono::minutes;

TEST(SupportGrant, MovesOnlyAsTheTableSays)
{
    using Pair = std::pair<SupportState, SupportEvent>;
    const std::map<Pair, SupportState> moves{
        {{SupportState::requested, SupportEvent::approve}, SupportState::active},
        {{SupportState::requested, SupportEvent::end}, SupportState::refused},
        {{SupportState::active, SupportEvent::end}, SupportState::ended},
    };
    for (const auto state : kSupportStates) {
        for (const auto event : kSupportEvents) {
            const auto found = moves.find({state, event});
            const auto wanted = found == moves.end() ? std::nullopt : std::optional(found->second);
            EXPECT_EQ(next(state, event), wanted) << to_string(state);
        }
    }
}

TEST(SupportGrant, EndsAndLapsesByItselfAtTheMoment)
{
    const Timestamp asked{milliseconds{1'000'000}};
    const auto lapses = asked + kSupportRequestLife;
    const auto ends = asked + minutes{60};
    const auto at = [&](SupportState stored, Timestamp now) {
        return state_at(stored, lapses, ends, now);
    };
    EXPECT_EQ(at(SupportState::requested, lapses - milliseconds{1}), SupportState::requested);
    EXPECT_EQ(at(SupportState::requested, lapses), SupportState::lapsed);
    EXPECT_EQ(at(SupportState::active, ends - milliseconds{1}), SupportState::active);
    EXPECT_EQ(at(SupportState::active, ends), SupportState::ended);
    EXPECT_EQ(at(SupportState::refused, ends + minutes{1}), SupportState::refused);
    EXPECT_EQ(at(SupportState::ended, asked), SupportState::ended);
    EXPECT_EQ(state_at(SupportState::active, lapses, std::nullopt, asked), SupportState::ended)
        << "an end that is not known is no leave without end";
}

TEST(SupportGrant, StatesAreWordsThatRoundTrip)
{
    for (const auto state : kSupportStates) EXPECT_EQ(parse_support_state(to_string(state)), state);
    for (const auto* word : {"", "open", "Active", "active "}) EXPECT_EQ(parse_support_state(word), std::nullopt);
}

}  // namespace winnow::access
