#include "winnow/identity/hearing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <vector>

namespace winnow::identity {
namespace {

using namespace std::chrono_literals;

const Instant kNow{std::chrono::hours{1}};

TEST(Hearing, IsNotProvenBeforeTheFirstEcho)
{
    const Hearing hearing{{}};
    EXPECT_FALSE(hearing.is_proven(kNow));
    EXPECT_TRUE(hearing.holds(kNow, kNow + 499ms));
    EXPECT_FALSE(hearing.holds(kNow, kNow + 500ms));
}

TEST(Hearing, IsProvenFromWhenTheEchoWasSentAndNotFromWhenItCame)
{
    Hearing hearing{{}};
    hearing.echoed(kNow);
    EXPECT_TRUE(hearing.is_proven(kNow + 749ms));
    EXPECT_FALSE(hearing.is_proven(kNow + 750ms));
}

TEST(Hearing, WhatIsProvenIsTrustedForLong)
{
    Hearing hearing{{}};
    const auto asked = kNow - 29'999ms;
    hearing.echoed(kNow - 749ms);
    EXPECT_TRUE(hearing.holds(asked, kNow));
    EXPECT_FALSE(hearing.holds(asked - 1ms, kNow));
    EXPECT_FALSE(hearing.holds(kNow - 500ms, kNow + 1ms)) << "the proof is over, and so is all that is not quite new";
}

TEST(Hearing, AnEarlierEchoThatComesLateTakesNothingAway)
{
    Hearing hearing{{}};
    hearing.echoed(kNow);
    hearing.echoed(kNow - 700ms);
    EXPECT_TRUE(hearing.is_proven(kNow + 749ms));
}

TEST(Hearing, IsOverAtOnceWithTheConnection)
{
    Hearing hearing{{}};
    hearing.echoed(kNow);
    hearing.lost();
    EXPECT_FALSE(hearing.is_proven(kNow));
    EXPECT_FALSE(hearing.holds(kNow - 500ms, kNow));
}

TEST(Hearing, AnAnswerIsLateWhereItTookLongAndMayBeOfBefore)
{
    Hearing hearing{{}};
    EXPECT_FALSE(hearing.is_late(kNow, kNow + 499ms, true)) << "it is no older than what is trusted anyway";
    EXPECT_TRUE(hearing.is_late(kNow, kNow + 500ms, false)) << "nobody knows what happened meanwhile";
    hearing.echoed(kNow + 499ms);
    EXPECT_FALSE(hearing.is_late(kNow, kNow + 500ms, false)) << "nothing happened meanwhile";
    EXPECT_TRUE(hearing.is_late(kNow, kNow + 500ms, true));
}

TEST(Hearing, IsWantedWhileSomethingKnownIsUsed)
{
    const Hearing hearing{{}};
    EXPECT_FALSE(hearing.is_wanted(std::nullopt, kNow));
    EXPECT_TRUE(hearing.is_wanted(kNow, kNow + 999ms));
    EXPECT_FALSE(hearing.is_wanted(kNow, kNow + 1'000ms));
}

/// Notices and echoes come in the order of commits, with any delays, and stop at any moment: what was revoked is never
/// believed for longer than the promise, whatever was asked for when.
TEST(Hearing, WhateverIsDelayedOrLostNothingRevokedIsBelievedForLongerThanTheProof)
{
    struct Echo {
        Instant sent;
        Instant comes;
    };
    std::mt19937 dice(11);
    const auto upto = [&](int most) {
        return std::chrono::milliseconds(std::uniform_int_distribution<int>(0, most)(dice));
    };
    for (int round = 0; round < 5'000; ++round) {
        const auto revoked = kNow + upto(2'000);
        const auto deaf_from = kNow + upto(4'000);
        const auto asked = revoked - upto(29'000);  // answered before it was revoked, and cached
        std::vector<Echo> echoes;
        for (auto sent = kNow; sent < kNow + 5s; sent += 250ms) {
            const auto earliest = echoes.empty() ? sent : std::max(sent, echoes.back().comes);
            echoes.push_back({.sent = sent, .comes = earliest + upto(700)});
        }
        std::erase_if(echoes, [&](const Echo& echo) { return echo.comes >= deaf_from; });
        Hearing hearing{{}};
        bool told = false;
        auto now = kNow;
        std::size_t come = 0;
        for (;; now += 10ms) {
            for (; come < echoes.size() && echoes[come].comes <= now; ++come) {
                told = told || echoes[come].sent > revoked;
                hearing.echoed(echoes[come].sent);
            }
            if (now > revoked && (told || !hearing.holds(asked, now))) break;
        }
        ASSERT_LE((now - revoked).count(), std::chrono::nanoseconds(760ms).count()) << round;
    }
}

}  // namespace
}  // namespace winnow::identity
